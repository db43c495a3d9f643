#include "openai/endpoint.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace cocoon::openai {
namespace {

constexpr std::array<std::pair<Endpoint, std::string_view>, 4> kPaths{{
    {Endpoint::kChatCompletions, "/v1/chat/completions"},
    {Endpoint::kCompletions, "/v1/completions"},
    {Endpoint::kEmbeddings, "/v1/embeddings"},
    {Endpoint::kResponses, "/v1/responses"},
}};

}  // namespace

std::string_view endpoint_path(Endpoint endpoint) {
  for (const auto& [each, path] : kPaths) {
    if (each == endpoint) return path;
  }
  COCOON_CHECK(false);
  return {};
}

ApiResult<Endpoint> find_endpoint(std::string_view method, std::string_view path) {
  const std::string_view target = path.substr(0, path.find('?'));
  for (const auto& [endpoint, known] : kPaths) {
    if (known != target) continue;
    if (method != "POST") return std::unexpected(method_not_allowed(method, target));
    return endpoint;
  }
  return std::unexpected(unknown_path(method, target));
}

}  // namespace cocoon::openai
