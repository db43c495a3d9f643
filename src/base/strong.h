#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cocoon {

// N opaque bytes that mean one thing; values with different tags neither compare nor convert.
template <class Tag, std::size_t N>
class TaggedBytes {
 public:
  static constexpr std::size_t kSize = N;

  TaggedBytes() = default;
  explicit TaggedBytes(const ByteArray<N>& bytes) : bytes_(bytes) {}

  // Refuses any length but N.
  [[nodiscard]] static Result<TaggedBytes> from(BytesView bytes) {
    if (bytes.size() != N) {
      return fail(BaseError::kOutOfRange,
                  "expected " + std::to_string(N) + " bytes, got " + std::to_string(bytes.size()));
    }
    TaggedBytes value;
    std::ranges::copy(bytes, value.bytes_.begin());
    return value;
  }
  [[nodiscard]] static Result<TaggedBytes> from_hex(std::string_view text) {
    TRY(const Bytes bytes, cocoon::from_hex(text));
    return from(bytes);
  }

  [[nodiscard]] const ByteArray<N>& bytes() const { return bytes_; }
  [[nodiscard]] BytesView view() const { return bytes_; }
  [[nodiscard]] std::string hex() const { return to_hex(bytes_); }
  [[nodiscard]] bool is_zero() const {
    return std::ranges::all_of(bytes_, [](std::byte b) { return b == std::byte{0}; });
  }

  auto operator<=>(const TaggedBytes&) const = default;

 private:
  ByteArray<N> bytes_{};
};

template <class Tag>
using Hash256 = TaggedBytes<Tag, 32>;

using Kid = Hash256<struct KidTag>;                // SHA-256 over a worker's statement
using ModelHash = Hash256<struct ModelHashTag>;    // docs/formats/model.md
using TermsHash = Hash256<struct TermsHashTag>;    // SHA-256 of a worker's signed price terms
using ConfigHash = Hash256<struct ConfigHashTag>;  // SHA-256 of a worker's configuration bytes
using BlockHash = Hash256<struct BlockHashTag>;    // root hash of a masterchain block
using BlockFileHash = Hash256<struct BlockFileHashTag>;  // SHA-256 of its serialised bytes
using ImageHash = Hash256<struct ImageHashTag>;          // docs/formats/image.md
using PolicyHash = Hash256<struct PolicyHashTag>;
using CollateralDigest = Hash256<struct CollateralDigestTag>;  // docs/formats/collateral.md
using ReceiptHash = Hash256<struct ReceiptHashTag>;
using RequestId = TaggedBytes<struct RequestIdTag, 16>;
using BootId = TaggedBytes<struct BootIdTag, 16>;
using SlotId = TaggedBytes<struct SlotIdTag, 16>;

// An integer that means one thing. Arithmetic is written where it makes sense, on value().
template <class Tag, class Integer>
class TaggedNumber {
 public:
  using Representation = Integer;

  constexpr TaggedNumber() = default;
  constexpr explicit TaggedNumber(Integer value) : value_(value) {}
  [[nodiscard]] constexpr Integer value() const { return value_; }
  auto operator<=>(const TaggedNumber&) const = default;

 private:
  Integer value_{};
};

using Seqno = TaggedNumber<struct SeqnoTag, std::uint32_t>;            // masterchain block number
using TokenCount = TaggedNumber<struct TokenCountTag, std::uint64_t>;  // model tokens
using NetworkId = TaggedNumber<struct NetworkIdTag, std::int32_t>;     // TON global_id
using UnixSeconds = TaggedNumber<struct UnixSecondsTag, std::uint32_t>;
using UnixMillis = TaggedNumber<struct UnixMillisTag, std::uint64_t>;

// The reserved network id of development networks: the only one under which a registry may come
// from a file and attestation roots other than the vendors' may count.
inline constexpr NetworkId kDevnetNetworkId{-777};

}  // namespace cocoon

template <class Tag, std::size_t N>
struct std::hash<cocoon::TaggedBytes<Tag, N>> {
  // The values are hashes or random, so their first bytes are as good as a hash of them.
  std::size_t operator()(const cocoon::TaggedBytes<Tag, N>& value) const noexcept {
    static_assert(N >= sizeof(std::size_t));
    std::size_t out = 0;
    std::memcpy(&out, value.bytes().data(), sizeof(out));
    return out;
  }
};

template <class Tag, class Integer>
struct std::hash<cocoon::TaggedNumber<Tag, Integer>> {
  std::size_t operator()(const cocoon::TaggedNumber<Tag, Integer>& value) const noexcept {
    return std::hash<Integer>{}(value.value());
  }
};
