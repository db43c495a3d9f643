#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cocoon {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;
using MutableBytesView = std::span<std::byte>;
template <std::size_t N>
using ByteArray = std::array<std::byte, N>;

enum class BaseError : std::uint16_t {
  kTruncated = 1,      // fewer bytes than the format needs
  kTrailingBytes = 2,  // bytes left over after the format's end
  kBadText = 3,        // not hexadecimal, not base64, not a number
  kOutOfRange = 4,     // a number outside the range its type allows
};
constexpr Library library_of(BaseError) { return Library::kBase; }

// The bytes of a text, without copying.
[[nodiscard]] BytesView as_bytes(std::string_view text);
// The text made of these bytes, without copying. Says nothing about their encoding.
[[nodiscard]] std::string_view as_text(BytesView bytes);

[[nodiscard]] Bytes to_bytes(BytesView bytes);
[[nodiscard]] Bytes to_bytes(std::string_view text);
void append(Bytes& to, BytesView bytes);
// One buffer made of the parts in order.
[[nodiscard]] Bytes concat(std::initializer_list<BytesView> parts);

[[nodiscard]] bool equal(BytesView a, BytesView b);

[[nodiscard]] std::string to_hex(BytesView bytes);  // lower case
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

// Domain-separation label: the text followed by one zero byte, as every label of docs/formats ends.
template <std::size_t N>
[[nodiscard]] BytesView label(const char (&text)[N]) {
  return std::as_bytes(std::span<const char, N>(text));
}

}  // namespace cocoon
