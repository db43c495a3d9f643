#include "openai/api_error.h"

#include <algorithm>

#include "codec/json.h"

namespace cocoon::openai {
namespace {

using codec::Json;

constexpr std::string_view kInvalidRequest = "invalid_request_error";
constexpr std::string_view kServerError = "server_error";

ApiError make(int status, std::string_view type, std::string_view code, std::string message) {
  ApiError error;
  error.status = status;
  error.type = type;
  error.message = std::move(message);
  if (!code.empty()) error.code = code;
  return error;
}

Json string_or_null(const std::optional<std::string>& value) {
  return value ? Json::string(*value) : Json::null();
}

// Something the app wrote, fit to be shown again: printable ASCII, not long.
std::string shown(std::string_view text) {
  constexpr std::size_t kShownMax = 200;
  std::string out(text.substr(0, kShownMax));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

}  // namespace

std::string error_json(const ApiError& error) {
  return codec::write_json(
      Json::object({{"error", Json::object({{"message", Json::string(error.message)},
                                            {"type", Json::string(error.type)},
                                            {"param", string_or_null(error.param)},
                                            {"code", string_or_null(error.code)}})}}));
}

ApiError invalid_request(std::string message) {
  return make(400, kInvalidRequest, {}, std::move(message));
}

ApiError invalid_parameter(std::string_view param, std::string message) {
  ApiError error = make(400, kInvalidRequest, "invalid_value", std::move(message));
  error.param = param;
  return error;
}

ApiError unsupported_parameter(std::string_view param, std::string message) {
  ApiError error = make(400, kInvalidRequest, "unsupported_parameter", std::move(message));
  error.param = param;
  return error;
}

ApiError malformed_json(std::string_view what) {
  return make(400, kInvalidRequest, "invalid_json",
              "We could not parse the JSON body of your request: " + std::string(what) + ".");
}

ApiError missing_api_key() {
  return make(401, kInvalidRequest, "invalid_api_key",
              "No API key was given. Send it as a header: Authorization: Bearer YOUR_KEY.");
}

ApiError wrong_api_key() {
  return make(401, kInvalidRequest, "invalid_api_key", "The API key is not one of this endpoint.");
}

ApiError no_funds(std::string message) {
  return make(402, "insufficient_quota", "insufficient_quota", std::move(message));
}

ApiError origin_refused() {
  return make(403, "permission_error", "origin_not_allowed",
              "Web pages may not use this endpoint: the Origin header is not allowed.");
}

ApiError host_refused() {
  return make(421, kInvalidRequest, "host_not_allowed",
              "The Host header does not name this endpoint.");
}

ApiError model_not_found(std::string_view model) {
  ApiError error = make(404, kInvalidRequest, "model_not_found",
                        "The model '" + shown(model) + "' does not exist on this network.");
  error.param = "model";
  return error;
}

ApiError receipt_not_found() {
  return make(404, kInvalidRequest, "receipt_not_found", "There is no receipt with this id.");
}

ApiError unknown_path(std::string_view method, std::string_view path) {
  return make(404, kInvalidRequest, "unknown_url",
              "Invalid URL (" + shown(method) + " " + shown(path) + ")");
}

ApiError method_not_allowed(std::string_view method, std::string_view path) {
  return make(405, kInvalidRequest, "method_not_supported",
              "Not allowed to " + shown(method) + " on " + shown(path) + ".");
}

ApiError body_too_large(std::uint64_t bytes_max) {
  return make(413, kInvalidRequest, "request_too_large",
              "The request body is larger than " + std::to_string(bytes_max) + " bytes.");
}

ApiError unsupported_media_type() {
  return make(415, kInvalidRequest, "unsupported_media_type",
              "The request body must be sent as Content-Type: application/json.");
}

ApiError rate_limited(std::chrono::seconds retry_after) {
  ApiError error = make(429, "rate_limit_error", "rate_limit_exceeded",
                        "All workers for this model are busy. Please try again later.");
  error.retry_after_s = static_cast<std::uint32_t>(
      std::clamp<std::chrono::seconds::rep>(retry_after.count(), 1, 3600));
  return error;
}

ApiError aborted() {
  return make(499, "request_cancelled", "client_closed_request",
              "The request was cancelled by the client.");
}

ApiError internal_error() {
  return make(500, kServerError, "internal_error", "The request failed inside this program.");
}

ApiError bad_gateway(std::string message) {
  return make(502, kServerError, "bad_gateway", std::move(message));
}

ApiError unavailable(std::string message) {
  return make(503, kServerError, "service_unavailable", std::move(message));
}

ApiError timed_out(std::string message) {
  return make(504, kServerError, "timeout", std::move(message));
}

}  // namespace cocoon::openai
