#include "ton/cell/bits.h"

#include <algorithm>

#include "base/check.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t bytes_of(std::size_t bits) { return (bits + 7) / 8; }

}  // namespace

bool bit_at(BytesView bytes, std::size_t at) {
  return ((std::to_integer<unsigned>(bytes[at / 8]) >> (7 - at % 8)) & 1U) != 0;
}

std::uint64_t bits_at(BytesView bytes, std::size_t at, std::size_t count) {
  COCOON_CHECK(count <= 64 && at + count <= bytes.size() * 8);
  std::uint64_t value = 0;
  while (count > 0) {
    const std::size_t offset = at % 8;
    const std::size_t taken = std::min(count, 8 - offset);
    const unsigned byte = std::to_integer<unsigned>(bytes[at / 8]);
    const unsigned chunk = (byte >> (8 - offset - taken)) & ((1U << taken) - 1);
    value = (value << taken) | chunk;
    at += taken;
    count -= taken;
  }
  return value;
}

void copy_bits(MutableBytesView to, std::size_t to_at, BytesView from, std::size_t from_at,
               std::size_t count) {
  if (to_at % 8 == 0 && from_at % 8 == 0) {
    const std::size_t whole = count / 8;
    std::ranges::copy(from.subspan(from_at / 8, whole),
                      to.begin() + static_cast<std::ptrdiff_t>(to_at / 8));
    to_at += whole * 8;
    from_at += whole * 8;
    count -= whole * 8;
  }
  while (count > 0) {
    const std::size_t offset = to_at % 8;
    const std::size_t taken = std::min(count, 8 - offset);
    const std::size_t shift = 8 - offset - taken;
    const unsigned mask = ((1U << taken) - 1) << shift;
    const auto chunk = static_cast<unsigned>(bits_at(from, from_at, taken)) << shift;
    std::byte& target = to[to_at / 8];
    target = static_cast<std::byte>((std::to_integer<unsigned>(target) & ~mask) | chunk);
    to_at += taken;
    from_at += taken;
    count -= taken;
  }
}

BitString::BitString(BytesView bytes, std::size_t bits) { append(bytes, 0, bits); }

BitString BitString::of_number(std::uint64_t value, std::size_t bits) {
  COCOON_CHECK(bits <= 64);
  BitString out;
  for (std::size_t i = bits; i-- > 0;) out.push_back(((value >> i) & 1U) != 0);
  return out;
}

void BitString::push_back(bool bit) {
  if (size_ % 8 == 0) bytes_.push_back(std::byte{0});
  if (bit) bytes_.back() |= static_cast<std::byte>(0x80U >> (size_ % 8));
  ++size_;
}

void BitString::append(const BitString& bits) { append(bits.bytes_, 0, bits.size_); }

void BitString::append(BytesView bytes, std::size_t at, std::size_t count) {
  COCOON_CHECK(at + count <= bytes.size() * 8);
  bytes_.resize(bytes_of(size_ + count));
  copy_bits(bytes_, size_, bytes, at, count);
  size_ += count;
}

void BitString::truncate(std::size_t size) {
  COCOON_CHECK(size <= size_);
  size_ = size;
  bytes_.resize(bytes_of(size));
  if (size % 8 != 0) bytes_.back() &= static_cast<std::byte>(0xFF00U >> (size % 8));
}

BitString BitString::slice(std::size_t from, std::size_t count) const {
  BitString out;
  out.append(bytes_, from, count);
  return out;
}

std::size_t BitString::common_prefix(const BitString& other) const {
  const std::size_t limit = std::min(size_, other.size_);
  std::size_t at = 0;
  while (at < limit && (*this)[at] == other[at]) ++at;
  return at;
}

std::strong_ordering operator<=>(const BitString& a, const BitString& b) {
  // Unused bits are zero, so bytes order as bits do; a proper prefix comes first.
  const auto by_bytes = std::lexicographical_compare_three_way(a.bytes_.begin(), a.bytes_.end(),
                                                               b.bytes_.begin(), b.bytes_.end());
  return by_bytes != 0 ? by_bytes : a.size_ <=> b.size_;
}

}  // namespace cocoon::ton
