#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/strong.h"

// Inside this room: the bytes of a journal's files (docs/formats/receipt-journal.md).
namespace cocoon::store {

// length u32 ‖ request id ‖ check
inline constexpr std::size_t kRecordHeadBytes = 4 + 16 + 8;

[[nodiscard]] Bytes encode_record(const RequestId& id, BytesView receipt);
// The receipt of a whole record with this id; kUnreadable if it is none.
[[nodiscard]] Result<Bytes> decode_record(const RequestId& id, BytesView record);

// Calls `found` with id, offset and length of every record in `bytes`; returns where the first that
// is not whole begins, the end if all are.
[[nodiscard]] std::size_t scan_records(
    BytesView bytes,
    const std::function<void(const RequestId&, std::size_t offset, std::size_t length)>& found);

// "00000001.journal", and back; 0 for any other name.
[[nodiscard]] std::string journal_name(std::uint32_t number);
[[nodiscard]] std::uint32_t journal_number(const std::filesystem::path& file);

}  // namespace cocoon::store
