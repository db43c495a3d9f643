#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "codec/error.h"

namespace cocoon::codec {

// RFC 4648 §4 (with padding) and §5 (URL-safe, no padding). Decoding refuses white space, wrong
// padding and non-zero unused bits, so each byte string has one encoding.
[[nodiscard]] std::string to_base64(BytesView bytes);
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);
[[nodiscard]] std::string to_base64url(BytesView bytes);
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);

}  // namespace cocoon::codec
