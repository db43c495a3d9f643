#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cocoon::openai {

// A refusal in the words of the OpenAI API, as an HTTP status and an error object. The message may
// name fields of the request and the model it asked for, so it goes to the app (sealed, when a
// worker says it) and never into a log.
struct ApiError {
  int status = 500;
  std::string type;     // "invalid_request_error", …: closed set, made by the functions below
  std::string message;  // for a person
  std::optional<std::string> param;
  std::optional<std::string> code;
  std::optional<std::uint32_t> retry_after_s;  // for the Retry-After header

  bool operator==(const ApiError&) const = default;
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

// {"error":{"message":…,"type":…,"param":…|null,"code":…|null}}, compact.
[[nodiscard]] std::string error_json(const ApiError& error);

// 400
[[nodiscard]] ApiError invalid_request(std::string message);
[[nodiscard]] ApiError invalid_parameter(std::string_view param, std::string message);
[[nodiscard]] ApiError unsupported_parameter(std::string_view param, std::string message);
[[nodiscard]] ApiError malformed_json(std::string_view what);
// 401: no API key, or one that is not configured.
[[nodiscard]] ApiError missing_api_key();
[[nodiscard]] ApiError wrong_api_key();
// 402: the channel's deposit does not cover this request's maximum price.
[[nodiscard]] ApiError no_funds(std::string message);
// 403: a web page may not use the local endpoint. 421: the Host header is not this endpoint's.
[[nodiscard]] ApiError origin_refused();
[[nodiscard]] ApiError host_refused();
// 404, 405
[[nodiscard]] ApiError model_not_found(std::string_view model);
[[nodiscard]] ApiError receipt_not_found();
[[nodiscard]] ApiError unknown_path(std::string_view method, std::string_view path);
[[nodiscard]] ApiError method_not_allowed(std::string_view method, std::string_view path);
// 413, 415
[[nodiscard]] ApiError body_too_large(std::uint64_t bytes_max);
[[nodiscard]] ApiError unsupported_media_type();
// 429: every candidate is busy.
[[nodiscard]] ApiError rate_limited(std::chrono::seconds retry_after);
// 499: the app went away; never sent, but it is what a log or a receipt's status names.
[[nodiscard]] ApiError aborted();
// 500, 502, 503, 504
[[nodiscard]] ApiError internal_error();
[[nodiscard]] ApiError bad_gateway(std::string message);
[[nodiscard]] ApiError unavailable(std::string message);
[[nodiscard]] ApiError timed_out(std::string message);

}  // namespace cocoon::openai

// TRY for functions that return an ApiResult.
#define COCOON_API_TRY_INNER(temporary, declaration, ...)                             \
  auto temporary = (__VA_ARGS__);                                                     \
  if (!temporary.has_value()) {                                                       \
    return std::unexpected<::cocoon::openai::ApiError>(std::move(temporary).error()); \
  }                                                                                   \
  declaration = std::move(temporary).value()
#define API_TRY(declaration, ...) \
  COCOON_API_TRY_INNER(COCOON_CONCAT(api_result_, __COUNTER__), declaration, __VA_ARGS__)
#define API_TRY_VOID(...)                                        \
  if (auto COCOON_CONCAT(api_status_, __LINE__) = (__VA_ARGS__); \
      !COCOON_CONCAT(api_status_, __LINE__).has_value())         \
  return std::unexpected<::cocoon::openai::ApiError>(            \
      std::move(COCOON_CONCAT(api_status_, __LINE__)).error())
