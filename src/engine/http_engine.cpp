#include "engine/http_engine.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "async/race.h"
#include "engine/prometheus.h"

namespace cocoon::engine {

using async::Task;
using ports::EngineError;
using ports::HttpError;

namespace {

constexpr std::size_t kSmallBodyMax = 64 * 1024;

struct Route {
  std::string_view method;
  std::string_view path;
};
// Anything else an engine serves (slots, adapters, settings, other people's streams) is not for
// applications.
constexpr std::array<Route, 5> kRoutes{{{"POST", "/v1/chat/completions"},
                                        {"POST", "/v1/completions"},
                                        {"POST", "/v1/embeddings"},
                                        {"POST", "/v1/responses"},
                                        {"GET", "/v1/models"}}};

bool is_for_applications(std::string_view method, std::string_view path) {
  return std::ranges::any_of(
      kRoutes, [&](const Route& route) { return route.method == method && route.path == path; });
}

// The HTTP client's failures in the terms of the port; deadlines and cancellations pass unchanged.
Error as_engine_error(Error error) {
  if (error.is(HttpError::kUnreachable) || error.is(HttpError::kRefusedStream)) {
    return {EngineError::kDown, "engine: out of reach"};
  }
  if (error.library() != Library::kPorts) return error;
  return {EngineError::kBroken, "engine: its answer broke off"};
}

class AnswerBody final : public ports::BodyReader {
 public:
  explicit AnswerBody(std::unique_ptr<ports::BodyReader> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] Task<Result<Bytes>> read() override {
    auto chunk = co_await inner_->read();
    if (!chunk) co_return fail(EngineError::kBroken, "engine: its answer broke off");
    co_return chunk;
  }
  [[nodiscard]] bool is_ready() const override { return inner_->is_ready(); }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return inner_->trailers(); }

 private:
  std::unique_ptr<ports::BodyReader> inner_;
};

ports::HttpRequest get_request(std::string path) {
  return {.method = "GET", .path = std::move(path), .headers = {}, .body = ports::body_of({})};
}

}  // namespace

Task<Result<ports::HttpResponse>> HttpEngine::call(std::string method, std::string path, Bytes body,
                                                   async::Deadline head_by) {
  if (!is_for_applications(method, path)) {
    co_return fail(EngineError::kRefused, "engine: not an endpoint for applications");
  }
  ports::HttpRequest request{
      .method = std::move(method), .path = std::move(path), .headers = {}, .body = nullptr};
  if (!body.empty()) request.headers.push_back({"content-type", "application/json"});
  request.body = ports::body_of(std::move(body));
  auto response = co_await client_->send(std::move(request), head_by);
  if (!response) co_return std::unexpected<Error>(as_engine_error(std::move(response).error()));
  response->body = std::make_unique<AnswerBody>(std::move(response->body));
  co_return response;
}

Task<Result<int>> HttpEngine::get_status(std::string path, async::Deadline by) {
  CO_TRY(const auto response, co_await client_->send(get_request(std::move(path)), by));
  // Read to its end, so that the connection can serve the next request.
  CO_TRY_VOID(co_await ports::read_all(*response.body, kSmallBodyMax));
  co_return response.status;
}

Task<Health> HttpEngine::health(async::Deadline by) {
  auto status = co_await get_status("/health", by);
  if (!status) co_return Health::kUnreachable;
  if (*status == 404 || *status == 405) {
    // Not every engine has /health; all of them list their models.
    status = co_await get_status("/v1/models", by);
    if (!status) co_return Health::kUnreachable;
  }
  co_return *status == 200 ? Health::kReady : Health::kLoading;
}

Task<ports::EngineLoad> HttpEngine::read_load(async::Deadline by) {
  const auto response = co_await client_->send(get_request("/metrics"), by);
  if (!response || response->status != 200) co_return ports::EngineLoad{};
  const auto page = co_await ports::read_all(*response->body, kMetricsBytesMax);
  if (!page) co_return ports::EngineLoad{};
  const auto samples = parse_prometheus(as_text(*page));
  if (!samples) co_return ports::EngineLoad{};
  co_return load_of(*samples);
}

}  // namespace cocoon::engine
