#pragma once

#include <string_view>

#include "base/result.h"

namespace cocoon::apps {

// kBadInput, with what is wrong, unless the text is a TON address: "0:" and 64 hexadecimal digits,
// or the 48 characters of base64 or base64url with a checksum that wallets show (TEP-2). Addresses
// of test networks pass.
[[nodiscard]] Status check_ton_address(std::string_view text);

}  // namespace cocoon::apps
