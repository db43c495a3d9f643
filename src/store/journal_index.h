#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "base/bytes.h"
#include "base/strong.h"

// Inside this room: the bytes of a full journal file's index (docs/formats/receipt-journal.md).
namespace cocoon::store {

// Where a record lies in its journal file, in bytes.
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  bool operator==(const Place&) const = default;
};
using Places = std::unordered_map<RequestId, Place>;

// The index of the journal file with this number.
[[nodiscard]] Bytes encode_index(std::uint32_t journal, const Places& places);

// Exactly `length` bytes of the index from `offset` on.
using ReadIndex = std::function<Result<Bytes>(std::size_t offset, std::size_t length)>;

// Looks an id up in an index of `index_bytes` with two reads, of which the second is as long as the
// entries that share the id's first byte. Trusts nothing that it did not check: an index of another
// journal, cut short or damaged where it was read is kUnreadable.
[[nodiscard]] Result<std::optional<Place>> find_in_index(std::uint32_t journal, const RequestId& id,
                                                         std::size_t index_bytes,
                                                         const ReadIndex& read);

}  // namespace cocoon::store
