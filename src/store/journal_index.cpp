#include "store/journal_index.h"

#include <algorithm>
#include <array>

#include "base/reader.h"
#include "crypto/hash.h"
#include "store/journal_file.h"
#include "store/receipt_journal.h"

namespace cocoon::store {
namespace {

constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kRows = 256;                      // one for each first byte of an id
constexpr std::size_t kRowBytes = 4 + 4 + kCheckBytes;  // first entry ‖ entries ‖ check
constexpr std::size_t kEntryBytes = RequestId::kSize + 4 + 4;
constexpr std::size_t kRowsBytes = kRows * kRowBytes;

struct Row {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

std::uint8_t row_of(const RequestId& id) { return std::to_integer<std::uint8_t>(id.bytes()[0]); }

ByteArray<kCheckBytes> check_of(std::uint32_t journal, std::uint8_t number, const Row& row,
                                BytesView entries) {
  Writer head;
  head.u32(journal).u8(number).u32(row.first).u32(row.count);
  const auto digest = crypto::sha256({label("cocoon/1 journal index"), head.view(), entries});
  ByteArray<kCheckBytes> check;
  std::copy_n(digest.begin(), kCheckBytes, check.begin());
  return check;
}

std::unexpected<Error> damaged() {
  return fail(StoreError::kUnreadable, "the journal's index is damaged");
}

Result<std::optional<Place>> find_entry(BytesView entries, const RequestId& id) {
  Reader reader(entries);
  while (!reader.at_end()) {
    TRY(const auto entry, reader.tagged<RequestId>());
    Place place;
    TRY(place.offset, reader.u32());
    TRY(place.length, reader.u32());
    if (entry != id) continue;
    if (place.length < kRecordHeadBytes || place.length > kRecordHeadBytes + kReceiptBytesMax)
      return damaged();
    return place;
  }
  return std::nullopt;
}

}  // namespace

Bytes encode_index(std::uint32_t journal, const Places& places) {
  std::vector<std::pair<RequestId, Place>> sorted(places.begin(), places.end());
  std::ranges::sort(sorted, {}, &std::pair<RequestId, Place>::first);
  Writer rows;
  Writer entries;
  auto next = sorted.begin();
  for (std::size_t number = 0; number < kRows; ++number) {
    const std::size_t begin = entries.view().size();
    Row row{.first = static_cast<std::uint32_t>(next - sorted.begin())};
    for (; next != sorted.end() && row_of(next->first) == number; ++next, ++row.count)
      entries.bytes(next->first.view()).u32(next->second.offset).u32(next->second.length);
    rows.u32(row.first).u32(row.count).bytes(
        check_of(journal, static_cast<std::uint8_t>(number), row, entries.view().subspan(begin)));
  }
  return std::move(rows.bytes(entries.view())).take();
}

Result<std::optional<Place>> find_in_index(std::uint32_t journal, const RequestId& id,
                                           std::size_t index_bytes, const ReadIndex& read) {
  if (index_bytes < kRowsBytes) return damaged();
  const std::size_t entries_there = (index_bytes - kRowsBytes) / kEntryBytes;
  const std::uint8_t number = row_of(id);
  TRY(const Bytes row_bytes, read(number * kRowBytes, kRowBytes));
  Reader reader(row_bytes);
  Row row;
  TRY(row.first, reader.u32());
  TRY(row.count, reader.u32());
  TRY(const auto check, reader.array<kCheckBytes>());
  if (row.first > entries_there || row.count > entries_there - row.first) return damaged();
  TRY(const Bytes entries,
      read(kRowsBytes + row.first * kEntryBytes, std::size_t{row.count} * kEntryBytes));
  if (check_of(journal, number, row, entries) != check) return damaged();
  return find_entry(entries, id);
}

}  // namespace cocoon::store
