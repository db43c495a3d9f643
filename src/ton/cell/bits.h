#pragma once

#include <compare>
#include <cstdint>

#include "base/bytes.h"

// Strings of bits. Bit 0 is the most significant one of the first byte, as in TL-B.
namespace cocoon::ton {

[[nodiscard]] bool bit_at(BytesView bytes, std::size_t at);
// `count` bits from `at` as a big-endian number, count ≤ 64. The caller has checked the bounds.
[[nodiscard]] std::uint64_t bits_at(BytesView bytes, std::size_t at, std::size_t count);
// The target's bits around the written ones stay.
void copy_bits(MutableBytesView to, std::size_t to_at, BytesView from, std::size_t from_at,
               std::size_t count);

class BitString {
 public:
  BitString() = default;
  // The first `bits` bits of `bytes`, which has at least that many.
  BitString(BytesView bytes, std::size_t bits);
  [[nodiscard]] static BitString of_number(std::uint64_t value, std::size_t bits);
  [[nodiscard]] static BitString of_bytes(BytesView bytes) { return {bytes, bytes.size() * 8}; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool operator[](std::size_t at) const { return bit_at(bytes_, at); }
  // Whole bytes, the unused low bits of the last one zero.
  [[nodiscard]] BytesView bytes() const { return bytes_; }
  // As a big-endian number; size() ≤ 64.
  [[nodiscard]] std::uint64_t number() const { return bits_at(bytes_, 0, size_); }

  void push_back(bool bit);
  void append(const BitString& bits);
  void append(BytesView bytes, std::size_t at, std::size_t count);
  void truncate(std::size_t size);
  [[nodiscard]] BitString slice(std::size_t from, std::size_t count) const;
  [[nodiscard]] std::size_t common_prefix(const BitString& other) const;

  // Lexicographic: the order of keys in a hashmap.
  friend std::strong_ordering operator<=>(const BitString& a, const BitString& b);
  friend bool operator==(const BitString& a, const BitString& b) = default;

 private:
  Bytes bytes_;
  std::size_t size_ = 0;
};

}  // namespace cocoon::ton
