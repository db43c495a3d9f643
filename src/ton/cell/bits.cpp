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
  if (count == 0) return 0;
  __extension__ using Wide = unsigned __int128;  // 64 bits lie in at most nine bytes
  const std::size_t end = bytes_of(at + count);
  Wide value = 0;
  for (std::size_t i = at / 8; i < end; ++i) {
    value = value << 8U | std::to_integer<unsigned>(bytes[i]);
  }
  value >>= end * 8 - at - count;
  return static_cast<std::uint64_t>(value) & (~std::uint64_t{0} >> (64 - count));
}

void copy_bits(MutableBytesView to, std::size_t to_at, BytesView from, std::size_t from_at,
               std::size_t count) {
  const auto advance = [&](std::size_t bits) {
    to_at += bits;
    from_at += bits;
    count -= bits;
  };
  const auto copy_within_byte = [&](std::size_t bits) {
    const std::size_t shift = 8 - to_at % 8 - bits;
    const unsigned mask = ((1U << bits) - 1) << shift;
    const auto chunk = static_cast<unsigned>(bits_at(from, from_at, bits)) << shift;
    std::byte& target = to[to_at / 8];
    target = static_cast<std::byte>((std::to_integer<unsigned>(target) & ~mask) | chunk);
    advance(bits);
  };

  if (to_at % 8 != 0) copy_within_byte(std::min(count, 8 - to_at % 8));
  const std::size_t whole = count / 8;
  if (whole > 0) {
    const std::size_t shift = from_at % 8;
    COCOON_CHECK(from_at + whole * 8 <= from.size() * 8);
    const BytesView source = from.subspan(from_at / 8);
    const MutableBytesView target = to.subspan(to_at / 8, whole);
    if (shift == 0) {
      std::ranges::copy(source.first(whole), target.begin());
    } else {
      for (std::size_t i = 0; i < whole; ++i) {
        target[i] = source[i] << shift | source[i + 1] >> (8 - shift);
      }
    }
    advance(whole * 8);
  }
  if (count > 0) copy_within_byte(count);
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
