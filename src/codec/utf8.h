#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cocoon::codec {

// Length of the well-formed UTF-8 sequence (RFC 3629: no overlong form, no surrogate, at most
// U+10FFFF) that starts at `at`, or 0 if there is none. `at` must be less than text.size().
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text, std::size_t at);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

// The text with every byte that belongs to no well-formed sequence replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

}  // namespace cocoon::codec
