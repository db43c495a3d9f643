#include "roles/client/gate.h"

#include <algorithm>

#include "roles/client/cors.h"

namespace cocoon::client {
namespace {

constexpr std::string_view kBearer = "Bearer ";

bool is_in(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

bool Gate::is_own_host(std::string_view host) const {
  if (!settings_.allowed_hosts.empty()) return is_in(settings_.allowed_hosts, host);
  const std::string port = ":" + std::to_string(settings_.port);
  for (const std::string_view name : {"127.0.0.1", "localhost", "[::1]"}) {
    if (host == name || host == std::string(name) + port) return true;
  }
  return false;
}

bool Gate::is_known_key(std::string_view key) const {
  // Every key is compared, so that time tells nothing of which one was close.
  bool is_known = false;
  for (const SecretBytes& known : settings_.api_keys) {
    is_known |= constant_time_equal(known.expose(), as_bytes(key));
  }
  return is_known;
}

bool Gate::is_uninvited_page(const ports::HttpFields& headers) const {
  const std::string_view origin = ports::find_field(headers, "origin");
  if (!origin.empty()) return !is_in(settings_.allowed_origins, origin);
  // Pictures and scripts of a page are fetched without an Origin.
  const std::string_view site = ports::find_field(headers, "sec-fetch-site");
  return site == "cross-site" || site == "same-site";
}

std::optional<std::string> Gate::invited_origin(const ports::HttpRequest& request) const {
  const std::string_view origin = ports::find_field(request.headers, "origin");
  if (origin.empty() || !is_in(settings_.allowed_origins, origin) ||
      !is_own_host(ports::find_field(request.headers, "host"))) {
    return std::nullopt;
  }
  return std::string(origin);
}

std::optional<openai::ApiError> Gate::refuse(const ports::HttpRequest& request) const {
  if (!is_own_host(ports::find_field(request.headers, "host"))) return openai::host_refused();
  if (is_uninvited_page(request.headers)) return openai::origin_refused();
  if (settings_.api_keys.empty() || is_preflight(request)) return std::nullopt;
  const std::string_view authorization = ports::find_field(request.headers, "authorization");
  if (!authorization.starts_with(kBearer)) return openai::missing_api_key();
  if (!is_known_key(authorization.substr(kBearer.size()))) return openai::wrong_api_key();
  return std::nullopt;
}

}  // namespace cocoon::client
