#include "store/journal_file.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/reader.h"
#include "crypto/hash.h"
#include "store/receipt_journal.h"

namespace cocoon::store {
namespace {

constexpr std::size_t kCheckBytes = 8;
constexpr std::string_view kSuffix = ".journal";
constexpr std::size_t kNumberDigits = 8;

ByteArray<kCheckBytes> check_of(const RequestId& id, BytesView receipt) {
  const auto digest = crypto::sha256({label("cocoon/1 journal"), id.view(), receipt});
  ByteArray<kCheckBytes> check;
  std::copy_n(digest.begin(), kCheckBytes, check.begin());
  return check;
}

struct Record {
  RequestId id;
  BytesView receipt;
};

// Takes a whole record off the front.
Result<Record> take_record(Reader& reader) {
  TRY(const std::uint32_t length, reader.u32());
  if (length > kReceiptBytesMax) return fail(StoreError::kUnreadable, "a record that is too long");
  Record record;
  TRY(record.id, reader.tagged<RequestId>());
  TRY(const auto check, reader.array<kCheckBytes>());
  TRY(record.receipt, reader.take(length));
  if (check != check_of(record.id, record.receipt))
    return fail(StoreError::kUnreadable, "a record that was not written whole");
  return record;
}

}  // namespace

Bytes encode_record(const RequestId& id, BytesView receipt) {
  Writer writer;
  writer.u32(static_cast<std::uint32_t>(receipt.size()))
      .bytes(id.view())
      .bytes(check_of(id, receipt))
      .bytes(receipt);
  return std::move(writer).take();
}

Result<Bytes> decode_record(const RequestId& id, BytesView record) {
  Reader reader(record);
  auto taken = take_record(reader);
  if (!taken || taken->id != id || !reader.at_end())
    return fail(StoreError::kUnreadable, "the record is damaged");
  return to_bytes(taken->receipt);
}

std::size_t scan_records(
    BytesView bytes, const std::function<void(const RequestId&, std::size_t, std::size_t)>& found) {
  Reader reader(bytes);
  for (;;) {
    const std::size_t offset = bytes.size() - reader.remaining();
    if (reader.at_end()) return offset;
    const auto record = take_record(reader);
    if (!record) return offset;
    found(record->id, offset, bytes.size() - reader.remaining() - offset);
  }
}

std::string journal_name(std::uint32_t number) {
  std::array<char, 24> name{};
  const int length = std::snprintf(name.data(), name.size(), "%08u.journal", number);
  return {name.data(), static_cast<std::size_t>(length)};
}

std::uint32_t journal_number(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (name.size() != kNumberDigits + kSuffix.size() || !name.ends_with(kSuffix)) return 0;
  std::uint32_t number = 0;
  const auto read = std::from_chars(name.data(), name.data() + kNumberDigits, number);
  return read.ptr == name.data() + kNumberDigits ? number : 0;
}

}  // namespace cocoon::store
