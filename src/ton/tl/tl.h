#pragma once

#include <string_view>

#include "base/reader.h"
#include "ton/cell/cell.h"

namespace cocoon::ton {

// A constructor's number: the CRC-32 (IEEE 802.3) of its declaration, one space between words,
// without parentheses and semicolon (TL: "Formal declaration of TL").
consteval std::uint32_t tl_id(std::string_view declaration) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : declaration) {
    if (c == '(' || c == ')' || c == ';') continue;
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

inline constexpr std::uint32_t kTlTrue = tl_id("boolTrue = Bool");
inline constexpr std::uint32_t kTlFalse = tl_id("boolFalse = Bool");
inline constexpr std::size_t kTlBytesMax = std::size_t{16} * 1024 * 1024;

// Reads TL: little-endian numbers, byte strings with their length in front, all in multiples of
// four bytes.
class TlReader {
 public:
  explicit TlReader(BytesView bytes) : reader_(bytes, Endian::kLittle) {}

  [[nodiscard]] Result<std::uint32_t> u32() { return reader_.u32(); }
  [[nodiscard]] Result<std::int32_t> i32();
  [[nodiscard]] Result<std::uint64_t> u64() { return reader_.u64(); }
  template <class Tagged>
  [[nodiscard]] Result<Tagged> tagged() {
    return reader_.tagged<Tagged>();
  }
  [[nodiscard]] Result<bool> boolean();
  // Borrowed from the buffer. Refuses padding that is not zero.
  [[nodiscard]] Result<BytesView> bytes();
  // A vector's length, kLimit above `max`.
  [[nodiscard]] Result<std::size_t> count(std::size_t max);
  // kUnknown for any other constructor.
  [[nodiscard]] Status expect(std::uint32_t id, const char* what);
  [[nodiscard]] Status expect_end() const { return reader_.expect_end(); }
  [[nodiscard]] BytesView rest() const { return reader_.rest(); }

 private:
  Reader reader_;
};

class TlWriter {
 public:
  TlWriter& u32(std::uint32_t value);
  TlWriter& i32(std::int32_t value) { return u32(static_cast<std::uint32_t>(value)); }
  TlWriter& u64(std::uint64_t value);
  TlWriter& raw(BytesView value);    // int256 and the like: as they are
  TlWriter& bytes(BytesView value);  // at most 2^24-1
  [[nodiscard]] Bytes take() && { return std::move(writer_).take(); }

 private:
  Writer writer_{Endian::kLittle};
};

}  // namespace cocoon::ton
