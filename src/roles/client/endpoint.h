#pragma once

#include <memory>

#include "ports/metrics.h"
#include "roles/client/exchange.h"
#include "roles/client/gate.h"
#include "roles/client/receipt_desk.h"

namespace cocoon::client {

struct EndpointSettings {
  std::size_t request_bytes_max = std::size_t{32} * 1024 * 1024 - std::size_t{64} * 1024;
  ExchangeSettings exchange;
};

// The local OpenAI-compatible endpoint: models, chat completions, completions, embeddings,
// responses, receipts.
class Endpoint final : public ports::HttpHandler {
 public:
  struct World {
    Fleet& fleet;
    ports::Registry& registry;
    Keepsakes& kept;
    ports::Random& random;
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  Endpoint(Gate gate, EndpointSettings settings, World world)
      : gate_(std::move(gate)),
        settings_(settings),
        world_(world),
        desk_({.kept = world.kept, .metrics = world.metrics, .log = world.log}) {}

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;
  void listens_on(std::uint16_t port) { gate_.listens_on(port); }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

 private:
  [[nodiscard]] Task<void> route(ports::HttpRequest request, ports::ResponseWriter& response);
  [[nodiscard]] Task<void> ask(openai::Endpoint endpoint, ports::HttpRequest request,
                               ports::ResponseWriter& response);
  [[nodiscard]] Task<openai::ApiResult<Exchange::Question>> read_question(
      openai::Endpoint endpoint, ports::HttpRequest request);
  [[nodiscard]] Task<void> answer(Exchange& exchange, ports::ResponseWriter& response);
  [[nodiscard]] Task<void> answer_whole(Exchange& exchange, const sealed::ResponseHead& head,
                                        ports::ResponseWriter& response);
  [[nodiscard]] Task<openai::ApiResult<void>> hand_on(Exchange& exchange,
                                                      ports::ResponseWriter& response,
                                                      Status& sent);
  [[nodiscard]] Task<void> answer_stream(Exchange& exchange, const sealed::ResponseHead& head,
                                         ports::ResponseWriter& response);
  [[nodiscard]] Task<void> refuse(ports::ResponseWriter& response, openai::ApiError error);
  [[nodiscard]] Task<void> list_models(std::string_view path, ports::ResponseWriter& response);

  Gate gate_;
  EndpointSettings settings_;
  World world_;
  ReceiptDesk desk_;
  std::size_t in_flight_ = 0;
};

}  // namespace cocoon::client
