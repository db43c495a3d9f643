#pragma once

#include <string>
#include <string_view>

#include "ton/cell/builder.h"

// Inside this room: text#_ length:uint8 bytes:(length * [byte]) = Text.
namespace cocoon::registry {

// Printable ASCII without spaces, at least one character.
[[nodiscard]] bool is_word(std::string_view text);

[[nodiscard]] Result<std::string> load_word(ton::Slice& slice);
// Printable ASCII, spaces included; may be empty.
[[nodiscard]] Result<std::string> load_title(ton::Slice& slice);
[[nodiscard]] Status store_text(ton::Builder& to, std::string_view text);

}  // namespace cocoon::registry
