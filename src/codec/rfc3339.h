#pragma once

#include <string>
#include <string_view>

#include "base/strong.h"
#include "codec/error.h"

namespace cocoon::codec {

// A moment of RFC 3339 section 5.6, "2025-07-04T10:16:31Z" or with an offset and a fraction of a
// second, which is dropped. kMalformed for anything else, a day that no calendar has, a leap second
// or a moment outside 1970 to 2106.
[[nodiscard]] Result<UnixSeconds> parse_rfc3339(std::string_view text);
// In UTC, with whole seconds: "2025-07-04T10:16:31Z".
[[nodiscard]] std::string write_rfc3339(UnixSeconds at);

}  // namespace cocoon::codec
