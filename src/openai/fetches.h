#pragma once

#include <optional>

#include "codec/json.h"
#include "openai/api_error.h"

namespace cocoon::openai {

// Finds what would make an engine fetch a URL, open a file of its machine, look up a stored file or
// call a hosted tool, at any depth of the request, and says where it is. Media travel inside the
// request, as data: URIs or base64.
[[nodiscard]] std::optional<ApiError> refuse_fetches(const codec::Json& document);

}  // namespace cocoon::openai
