#pragma once

#include <chrono>

#include "async/event.h"
#include "base/log.h"
#include "engine/http_engine.h"
#include "ports/metrics.h"

namespace cocoon::engine {

struct ExternalEngineOptions {
  std::chrono::milliseconds health_interval{2000};
  std::chrono::milliseconds health_max{10'000};
};

// An engine that somebody else runs (vLLM, SGLang, llama-server), watched but not started. It lies
// outside of what is attested: whoever wires it in has checked that the network is the devnet.
class ExternalEngine final : public ports::Engine {
 public:
  struct World {
    async::Executor executor;
    async::Clock& clock;
    const Logger& logger;
    ports::Metrics& metrics;
  };
  ExternalEngine(World world, std::unique_ptr<ports::HttpClient> client,
                 ExternalEngineOptions options = {});

  // Watches until it is cancelled or stop() is called; to be spawned once.
  [[nodiscard]] async::Task<void> run();
  void stop();
  [[nodiscard]] async::Task<Status> wait_ready(async::Deadline by);

  [[nodiscard]] ports::EngineState state() const override { return state_; }
  [[nodiscard]] ports::EngineLoad load() const override { return load_; }
  [[nodiscard]] ports::Task<Result<ports::HttpResponse>> call(std::string method, std::string path,
                                                              Bytes body,
                                                              ports::Deadline head_by) override;

 private:
  [[nodiscard]] async::Task<void> watch();
  [[nodiscard]] async::Task<void> stopped();
  [[nodiscard]] async::Task<Result<bool>> ready_or_stopped();
  void note_health(Health health);

  World world_;
  HttpEngine http_;
  ExternalEngineOptions options_;
  ports::EngineState state_ = ports::EngineState::kStarting;
  ports::EngineLoad load_;
  async::Event changed_;
  bool stopping_ = false;
};

}  // namespace cocoon::engine
