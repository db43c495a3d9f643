#include "base/reader.h"

#include <bit>
#include <cstring>

namespace cocoon {
namespace {

template <class Integer>
Integer to_or_from(Integer value, Endian endian) {
  const bool is_native =
      (endian == Endian::kLittle) == (std::endian::native == std::endian::little);
  return is_native ? value : std::byteswap(value);
}

}  // namespace

template <class Integer>
Result<Integer> Reader::integer() {
  TRY(const BytesView bytes, take(sizeof(Integer)));
  Integer value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return to_or_from(value, endian_);
}

Result<std::uint8_t> Reader::u8() { return integer<std::uint8_t>(); }
Result<std::uint16_t> Reader::u16() { return integer<std::uint16_t>(); }
Result<std::uint32_t> Reader::u32() { return integer<std::uint32_t>(); }
Result<std::uint64_t> Reader::u64() { return integer<std::uint64_t>(); }

Result<BytesView> Reader::take(std::size_t length) {
  if (length > rest_.size()) {
    return fail(BaseError::kTruncated, "truncated: " + std::to_string(length) + " bytes needed, " +
                                           std::to_string(rest_.size()) + " left");
  }
  const BytesView taken = rest_.first(length);
  rest_ = rest_.subspan(length);
  return taken;
}

Status Reader::expect_end() const {
  if (rest_.empty()) return {};
  return fail(BaseError::kTrailingBytes, std::to_string(rest_.size()) + " trailing bytes");
}

template <class Integer>
Writer& Writer::integer(Integer value) {
  const Integer ordered = to_or_from(value, endian_);
  append(buffer_, std::as_bytes(std::span<const Integer, 1>(&ordered, 1)));
  return *this;
}

Writer& Writer::u8(std::uint8_t value) { return integer(value); }
Writer& Writer::u16(std::uint16_t value) { return integer(value); }
Writer& Writer::u32(std::uint32_t value) { return integer(value); }
Writer& Writer::u64(std::uint64_t value) { return integer(value); }

Writer& Writer::bytes(BytesView bytes) {
  append(buffer_, bytes);
  return *this;
}

Writer& Writer::zeros(std::size_t count) {
  buffer_.resize(buffer_.size() + count);
  return *this;
}

}  // namespace cocoon
