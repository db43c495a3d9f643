#pragma once

#include <cstdint>
#include <string_view>

#include "openai/api_error.h"

namespace cocoon::openai {

// The paths whose requests are sealed and answered by an engine.
enum class Endpoint : std::uint8_t { kChatCompletions, kCompletions, kEmbeddings, kResponses };

// "/v1/chat/completions", …
[[nodiscard]] std::string_view endpoint_path(Endpoint endpoint);
// From method and path; a query string is ignored. 404 for another path, 405 for another method
// than POST.
[[nodiscard]] ApiResult<Endpoint> find_endpoint(std::string_view method, std::string_view path);

}  // namespace cocoon::openai
