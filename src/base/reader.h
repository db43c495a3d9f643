#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/strong.h"

namespace cocoon {

enum class Endian { kBig, kLittle };

// Takes fields off the front of a buffer it does not own; every read is bounds-checked.
class Reader {
 public:
  explicit Reader(BytesView bytes, Endian endian = Endian::kBig) : rest_(bytes), endian_(endian) {}

  [[nodiscard]] Result<std::uint8_t> u8();
  [[nodiscard]] Result<std::uint16_t> u16();
  [[nodiscard]] Result<std::uint32_t> u32();
  [[nodiscard]] Result<std::uint64_t> u64();
  // The next `length` bytes, borrowed from the buffer.
  [[nodiscard]] Result<BytesView> take(std::size_t length);
  template <std::size_t N>
  [[nodiscard]] Result<ByteArray<N>> array() {
    TRY(const BytesView bytes, take(N));
    ByteArray<N> out;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
  }
  template <class Tagged>
  [[nodiscard]] Result<Tagged> tagged() {
    TRY(const BytesView bytes, take(Tagged::kSize));
    return Tagged::from(bytes);
  }

  [[nodiscard]] BytesView rest() const { return rest_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  // Fails if anything is left.
  [[nodiscard]] Status expect_end() const;

 private:
  template <class Integer>
  [[nodiscard]] Result<Integer> integer();

  BytesView rest_;
  Endian endian_;
};

// Appends fields to a buffer it owns.
class Writer {
 public:
  explicit Writer(Endian endian = Endian::kBig) : endian_(endian) {}

  Writer& u8(std::uint8_t value);
  Writer& u16(std::uint16_t value);
  Writer& u32(std::uint32_t value);
  Writer& u64(std::uint64_t value);
  Writer& bytes(BytesView bytes);
  Writer& zeros(std::size_t count);

  [[nodiscard]] BytesView view() const { return buffer_; }
  [[nodiscard]] Bytes take() && { return std::move(buffer_); }

 private:
  template <class Integer>
  Writer& integer(Integer value);

  Bytes buffer_;
  Endian endian_;
};

}  // namespace cocoon
