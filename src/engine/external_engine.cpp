#include "engine/external_engine.h"

#include "async/race.h"

namespace cocoon::engine {

using async::Task;
using ports::EngineError;
using ports::EngineState;

ExternalEngine::ExternalEngine(World world, std::unique_ptr<ports::HttpClient> client,
                               ExternalEngineOptions options)
    : world_(std::move(world)),
      http_(std::move(client)),
      options_(options),
      changed_(world_.executor) {}

Task<Result<ports::HttpResponse>> ExternalEngine::call(std::string method, std::string path,
                                                       Bytes body, ports::Deadline head_by) {
  if (state_ != EngineState::kReady) co_return fail(EngineError::kDown, "engine: not ready");
  co_return co_await http_.call(std::move(method), std::move(path), std::move(body), head_by);
}

Task<void> ExternalEngine::watch() {
  for (;;) {
    const Health health = co_await http_.health(world_.clock.in(options_.health_max));
    note_health(health);
    load_ = {};
    if (health == Health::kReady)
      load_ = co_await http_.read_load(world_.clock.in(options_.health_max));
    co_await world_.clock.sleep_for(options_.health_interval);
  }
}

void ExternalEngine::note_health(Health health) {
  const bool ready = health == Health::kReady;
  const EngineState before = state_;
  if (ready) {
    state_ = EngineState::kReady;
  } else if (before == EngineState::kReady) {
    state_ = EngineState::kRestarting;
  }
  if (state_ == before) return;
  world_.metrics.set(ports::Gauge::kEngineReady, ready ? 1 : 0);
  world_.logger.info("engine.external", {LogField::count("ready", ready ? 1 : 0)});
  changed_.notify();
}

Task<void> ExternalEngine::stopped() {
  while (!stopping_) co_await changed_.wait();
}

Task<void> ExternalEngine::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (stopped() || watch());
  state_ = EngineState::kGivenUp;
  changed_.notify();
}

void ExternalEngine::stop() {
  stopping_ = true;
  changed_.notify();
}

Task<Result<bool>> ExternalEngine::ready_or_stopped() {
  while (state_ != EngineState::kReady && !stopping_) co_await changed_.wait();
  co_return state_ == EngineState::kReady;
}

Task<Status> ExternalEngine::wait_ready(async::Deadline by) {
  CO_TRY(const bool ready, co_await async::with_deadline(world_.clock, by, ready_or_stopped()));
  if (!ready) co_return fail(EngineError::kDown, "engine: stopped");
  co_return Status{};
}

}  // namespace cocoon::engine
