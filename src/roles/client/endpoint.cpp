#include "roles/client/endpoint.h"

#include "async/race.h"
#include "openai/models.h"
#include "roles/client/cors.h"
#include "wire/protocol.h"

namespace cocoon::client {
namespace {

using openai::ApiError;
using ports::HttpFields;

constexpr std::string_view kPathModels = "/v1/models";
// Earlier answers that this question builds on (docs/adr/0054-chain-of-custody.md).
constexpr std::string_view kHeaderParents = "x-cocoon-parents";
constexpr std::string_view kHeaderReceipt = "x-cocoon-receipt";
constexpr std::string_view kHeaderKid = "x-cocoon-kid";

HttpFields answer_fields(const Exchange& exchange, const sealed::ResponseHead& head) {
  return {{"content-type", head.content_type},
          {std::string(kHeaderReceipt), exchange.request_id().hex()},
          {std::string(kHeaderKid), exchange.worker().kid().hex()}};
}

bool is_json(std::string_view content_type) {
  return content_type == wire::kMediaJson || content_type.starts_with("application/json;");
}

class InFlight {
 public:
  InFlight(std::size_t& count, ports::Metrics& metrics) : count_(count), metrics_(metrics) {
    ++count_;
    publish();
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() {
    --count_;
    publish();
  }

 private:
  void publish() {
    metrics_.set(ports::Gauge::kRequestsInFlight, static_cast<std::int64_t>(count_));
  }
  std::size_t& count_;
  ports::Metrics& metrics_;
};

}  // namespace

Task<void> Endpoint::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  if (auto origin = gate_.invited_origin(request)) {
    ReadableByPage readable(response, std::move(*origin));
    co_await route(std::move(request), readable);
  } else {
    co_await route(std::move(request), response);
  }
}

Task<void> Endpoint::route(ports::HttpRequest request, ports::ResponseWriter& response) {
  if (auto refusal = gate_.refuse(request)) {
    co_await refuse(response, std::move(*refusal));
    co_return;
  }
  if (is_preflight(request)) {
    (void)co_await ports::respond(response, 204, preflight_fields(request), {});
    co_return;
  }
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (request.method == "GET" &&
      (path == kPathModels || path.starts_with(std::string(kPathModels) + "/"))) {
    co_await list_models(path, response);
    co_return;
  }
  if (request.method == "GET" && ReceiptDesk::serves(path)) {
    co_await desk_.answer(std::move(request.path), response);
    co_return;
  }
  const auto endpoint = openai::find_endpoint(request.method, path);
  if (!endpoint) {
    co_await refuse(response, endpoint.error());
  } else if (!is_json(ports::find_field(request.headers, "content-type"))) {
    co_await refuse(response, openai::unsupported_media_type());
  } else {
    co_await ask(*endpoint, std::move(request), response);
  }
}

Task<void> Endpoint::refuse(ports::ResponseWriter& response, ApiError error) {
  world_.metrics.increment(ports::Counter::kRequestsRefused);
  HttpFields fields{{"content-type", std::string(wire::kMediaJson)}};
  if (error.retry_after_s) fields.push_back({"retry-after", std::to_string(*error.retry_after_s)});
  (void)co_await ports::respond(response, error.status, std::move(fields),
                                to_bytes(openai::error_json(error)));
}

Task<openai::ApiResult<Exchange::Question>> Endpoint::read_question(openai::Endpoint endpoint,
                                                                    ports::HttpRequest request) {
  auto parents =
      co_await desk_.parents_named(std::string(ports::find_field(request.headers, kHeaderParents)));
  if (!parents) co_return std::unexpected(std::move(parents).error());
  auto body = co_await ports::read_all(*request.body, settings_.request_bytes_max);
  if (!body) {
    const bool is_large = body.error().is(ports::HttpError::kTooLarge);
    co_return std::unexpected(is_large
                                  ? openai::body_too_large(settings_.request_bytes_max)
                                  : openai::invalid_request("the request's body did not arrive"));
  }
  openai::RequestLimits limits;
  limits.body_bytes_max = settings_.request_bytes_max;
  auto facts = openai::inspect_request(endpoint, *body, limits);
  if (!facts) co_return std::unexpected(std::move(facts).error());
  const auto snapshot = world_.registry.current();
  if (!snapshot) co_return std::unexpected(openai::unavailable(snapshot.error().message()));
  const registry::Model* const model = (*snapshot)->model_by_name(facts->model);
  if (model == nullptr) co_return std::unexpected(openai::model_not_found(facts->model));
  co_return Exchange::Question{.endpoint = endpoint,
                               .facts = std::move(facts).value(),
                               .model = model->hash,
                               .body = std::move(body).value(),
                               .parents = std::move(parents->receipts),
                               .parent_ids = std::move(parents->own)};
}

Task<void> Endpoint::ask(openai::Endpoint endpoint, ports::HttpRequest request,
                         ports::ResponseWriter& response) {
  const InFlight in_flight(in_flight_, world_.metrics);
  auto question = co_await read_question(endpoint, std::move(request));
  if (!question) {
    co_await refuse(response, std::move(question).error());
    co_return;
  }
  Exchange exchange(
      settings_.exchange, std::move(question).value(),
      {.fleet = world_.fleet, .random = world_.random, .clock = world_.clock, .log = world_.log});
  co_await answer(exchange, response);
}

Task<void> Endpoint::answer(Exchange& exchange, ports::ResponseWriter& response) {
  auto head = co_await async::value_unless(response.wait_closed(), exchange.begin());
  if (!head) {
    world_.metrics.increment(ports::Counter::kRequestsAborted);
    co_return;
  }
  if (!*head) {
    co_await refuse(response, std::move(*head).error());
    co_return;
  }
  if ((*head)->content_type.starts_with("text/event-stream")) {
    co_await answer_stream(exchange, **head, response);
  } else {
    co_await answer_whole(exchange, **head, response);
  }
}

namespace {

// The whole answer, to be looked at before any of it goes out.
Task<openai::ApiResult<void>> collect(Exchange& exchange, Bytes& body) {
  for (;;) {
    auto chunk = co_await exchange.read();
    if (!chunk) co_return std::unexpected(std::move(chunk).error());
    if (chunk->empty()) co_return openai::ApiResult<void>();
    append(body, *chunk);
  }
}

}  // namespace

Task<void> Endpoint::answer_whole(Exchange& exchange, const sealed::ResponseHead& head,
                                  ports::ResponseWriter& response) {
  Bytes body;
  auto collected = co_await async::value_unless(response.wait_closed(), collect(exchange, body));
  if (!collected) {
    world_.metrics.increment(ports::Counter::kRequestsAborted);
    co_return;
  }
  if (!*collected) {
    world_.metrics.increment(ports::Counter::kRequestsFailed);
    co_await refuse(response, std::move(*collected).error());
    co_return;
  }
  co_await world_.kept.keep(exchange);
  world_.metrics.increment(ports::Counter::kRequestsOk);
  HttpFields fields = answer_fields(exchange, head);
  (void)co_await ports::respond(response, head.status, std::move(fields), std::move(body));
}

// Hands on what comes, each piece at once. Without an error the answer is complete, or the app is
// gone, as `sent` says.
Task<openai::ApiResult<void>> Endpoint::hand_on(Exchange& exchange, ports::ResponseWriter& response,
                                                Status& sent) {
  bool is_receipt_kept = false;
  while (sent) {
    auto chunk = co_await exchange.read();
    if (!chunk) co_return std::unexpected(std::move(chunk).error());
    // The receipt is there before the end of the answer is.
    if (!exchange.signed_receipt().empty() && !std::exchange(is_receipt_kept, true))
      co_await world_.kept.keep(exchange);
    if (chunk->empty()) break;
    sent = co_await response.write(std::move(*chunk));
  }
  co_return openai::ApiResult<void>();
}

Task<void> Endpoint::answer_stream(Exchange& exchange, const sealed::ResponseHead& head,
                                   ports::ResponseWriter& response) {
  HttpFields fields = answer_fields(exchange, head);
  fields.push_back({"cache-control", "no-cache"});
  Status sent = response.head(head.status, std::move(fields));
  const auto ended = co_await async::value_unless(
      response.wait_closed(), exchange.unless_silent(hand_on(exchange, response, sent)));
  if (!ended || !sent) {
    world_.metrics.increment(ports::Counter::kRequestsAborted);
  } else if (*ended) {
    world_.metrics.increment(ports::Counter::kRequestsOk);
    (void)co_await response.finish({});
  } else {
    // Never a silent short answer: the app's SDK raises on this event, and no [DONE] follows it.
    world_.metrics.increment(ports::Counter::kRequestsFailed);
    sent =
        co_await response.write(to_bytes("data: " + openai::error_json(ended->error()) + "\n\n"));
    if (sent) (void)co_await response.finish({});
  }
}

Task<void> Endpoint::list_models(std::string_view path, ports::ResponseWriter& response) {
  const auto current = world_.registry.current();
  if (!current) {
    co_await refuse(response, openai::unavailable(current.error().message()));
    co_return;
  }
  const registry::Snapshot& snapshot = **current;
  std::string body;
  if (path == kPathModels) {
    std::vector<openai::ModelEntry> entries;
    entries.reserve(snapshot.models.size());
    for (const registry::Model& model : snapshot.models) entries.push_back({.id = model.name});
    body = openai::models_json(entries);
  } else {
    const std::string_view name = path.substr(kPathModels.size() + 1);
    if (snapshot.model_by_name(name) == nullptr) {
      co_await refuse(response, openai::model_not_found(name));
      co_return;
    }
    body = openai::model_json({.id = std::string(name)});
  }
  (void)co_await ports::respond(response, 200, {{"content-type", std::string(wire::kMediaJson)}},
                                to_bytes(body));
}

}  // namespace cocoon::client
