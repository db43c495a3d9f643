#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace cocoon::attest {

// The stable name of a refusal of this room or of a vendor's, "td-attributes"; "refused" for
// failures of other libraries.
[[nodiscard]] std::string_view reason_code(const Error& reason);
// The name and what a person understands: "td-attributes: the TD is in debug mode".
[[nodiscard]] std::string reason_text(const Error& reason);

}  // namespace cocoon::attest
