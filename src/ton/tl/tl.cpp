#include "ton/tl/tl.h"

#include <algorithm>

#include "base/check.h"

namespace cocoon::ton {
namespace {

constexpr std::uint8_t kLongString = 254;
constexpr std::size_t kShortStringMax = 253;

std::size_t padding_of(std::size_t size) { return (4 - size % 4) % 4; }

}  // namespace

Result<std::int32_t> TlReader::i32() {
  TRY(const std::uint32_t value, u32());
  return static_cast<std::int32_t>(value);
}

Result<bool> TlReader::boolean() {
  TRY(const std::uint32_t id, u32());
  if (id == kTlTrue) return true;
  if (id == kTlFalse) return false;
  return fail(TonError::kUnknown, "a TL truth value that is neither");
}

Result<BytesView> TlReader::bytes() {
  TRY(const std::uint8_t first, reader_.u8());
  std::size_t length = first;
  std::size_t header = 1;
  if (first == kLongString) {
    TRY(const BytesView wide, reader_.take(3));
    length = std::to_integer<std::size_t>(wide[0]) | std::to_integer<std::size_t>(wide[1]) << 8U |
             std::to_integer<std::size_t>(wide[2]) << 16U;
    header = 4;
    if (length <= kShortStringMax)
      return fail(TonError::kMalformed, "a short TL string in the long form");
  } else if (first > kShortStringMax) {
    return fail(TonError::kMalformed, "a TL string longer than can be");
  }
  TRY(const BytesView content, reader_.take(length));
  TRY(const BytesView padding, reader_.take(padding_of(header + length)));
  if (std::ranges::any_of(padding, [](std::byte b) { return b != std::byte{0}; })) {
    return fail(TonError::kMalformed, "TL padding that is not zero");
  }
  return content;
}

Result<std::size_t> TlReader::count(std::size_t max) {
  TRY(const std::uint32_t count, u32());
  if (count > max) return fail(TonError::kLimit, "a TL vector with too many members");
  return count;
}

Status TlReader::expect(std::uint32_t id, const char* what) {
  TRY(const std::uint32_t found, u32());
  if (found == id) return {};
  return fail(TonError::kUnknown, std::string("not a ") + what);
}

TlWriter& TlWriter::u32(std::uint32_t value) {
  writer_.u32(value);
  return *this;
}

TlWriter& TlWriter::u64(std::uint64_t value) {
  writer_.u64(value);
  return *this;
}

TlWriter& TlWriter::raw(BytesView value) {
  writer_.bytes(value);
  return *this;
}

TlWriter& TlWriter::bytes(BytesView value) {
  COCOON_CHECK(value.size() < kTlBytesMax);
  std::size_t header = 1;
  if (value.size() <= kShortStringMax) {
    writer_.u8(static_cast<std::uint8_t>(value.size()));
  } else {
    writer_.u32(static_cast<std::uint32_t>(value.size() << 8U) | kLongString);
    header = 4;
  }
  writer_.bytes(value).zeros(padding_of(header + value.size()));
  return *this;
}

}  // namespace cocoon::ton
