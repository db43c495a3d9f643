#pragma once

#include <expected>
#include <optional>

#include "base/log.h"
#include "ports/engine.h"
#include "ports/metrics.h"
#include "roles/worker/answer.h"
#include "roles/worker/keyring.h"
#include "roles/worker/places.h"
#include "sealed/format/envelope.h"
#include "sealed/open_request/replay_guard.h"

namespace cocoon::worker {

struct ServiceLimits {
  std::uint32_t running_max = 4;
  std::uint32_t queue_max = 64;
  std::size_t request_bytes_max = sealed::kInferBytesMax;  // of one envelope
  std::size_t replay_ids_max = 1'000'000;
  async::Duration body_by = std::chrono::seconds(60);  // a whole envelope must have arrived by then
};

// A refusal before anything was opened: plain, and safe for the proxy to read.
struct Refusal {
  int status;
  std::string text;
};

// What a worker serves to each proxy it is attached to: POST /v1/infer, GET /v1/load, GET
// /v1/evidence/{kid}, GET /v1/collateral/{digest}.
class Service final : public ports::HttpHandler {
 public:
  struct World {
    Keyring& keyring;
    ports::Registry& registry;
    ports::Engine& engine;
    ports::CollateralSource& collateral;
    ports::Random& random;
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  Service(const async::Executor& executor, AnswerSettings settings, ServiceLimits limits,
          World world);

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

  // From now on new requests are refused and the load report says closed.
  void stop_intake() { is_intake_open_ = false; }
  // Returns once no request is under way.
  [[nodiscard]] Task<void> wait_idle() { return places_.wait_empty(); }
  // Places that are taken, running or waiting.
  [[nodiscard]] std::uint32_t occupied() const { return places_.occupied(); }
  // For the keyring: an epoch's key is gone, so are the ids it answered.
  void forget_epoch(std::uint32_t epoch) { replay_guard_.forget(epoch); }
  [[nodiscard]] bool is_ready() const;

 private:
  struct Admitted {
    sealed::EnvelopeHead head;
    std::size_t body_at = 0;
  };
  [[nodiscard]] Task<void> infer(ports::HttpRequest request, ports::ResponseWriter& response);
  // Everything that costs nothing: form, key, model, expiry, voucher.
  [[nodiscard]] std::expected<Admitted, Refusal> admit(BytesView envelope,
                                                       std::string_view voucher) const;
  // Waits for a place in the engine, opens and answers.
  [[nodiscard]] Task<std::optional<Refusal>> serve(Places::Ticket ticket, Admitted admitted,
                                                   Bytes envelope, ports::ResponseWriter& response);
  [[nodiscard]] Bytes report_load() const;

  AnswerSettings settings_;
  ServiceLimits limits_;
  World world_;
  Places places_;
  sealed::ReplayGuard replay_guard_;
  bool is_intake_open_ = true;
};

}  // namespace cocoon::worker
