#include "engine/supervised_engine.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <variant>

#include "async/race.h"
#include "base/check.h"
#include "engine/child_process.h"

namespace cocoon::engine {

using async::Task;
using ports::EngineError;
using ports::EngineState;

SupervisedEngine::SupervisedEngine(World world, Command command, std::filesystem::path socket,
                                   std::unique_ptr<ports::HttpClient> client,
                                   SupervisorOptions options)
    : world_(std::move(world)),
      command_(std::move(command)),
      socket_(std::move(socket)),
      http_(std::move(client)),
      options_(options),
      changed_(world_.executor),
      stopping_changed_(world_.executor) {}

SupervisedEngine::~SupervisedEngine() { *self_ = nullptr; }

void SupervisedEngine::leave() {
  child_.reset();
  running_ = false;
  set_state(EngineState::kGivenUp);
}

int SupervisedEngine::child_pid() const { return child_ != nullptr ? child_->pid() : 0; }

Task<Result<ports::HttpResponse>> SupervisedEngine::call(std::string method, std::string path,
                                                         Bytes body, ports::Deadline head_by) {
  if (state_ != EngineState::kReady) co_return fail(EngineError::kDown, "engine: not ready");
  co_return co_await http_.call(std::move(method), std::move(path), std::move(body), head_by);
}

void SupervisedEngine::set_state(EngineState state) {
  if (state != EngineState::kReady) load_ = {};
  state_ = state;
  world_.metrics.set(ports::Gauge::kEngineReady, state == EngineState::kReady ? 1 : 0);
  changed_.notify();
}

std::chrono::milliseconds SupervisedEngine::pause() const {
  if (state_ == EngineState::kGivenUp) return options_.backoff_max;
  auto pause = options_.backoff_min;
  for (std::uint32_t i = 1; i < failures_ && pause < options_.backoff_max; ++i) pause *= 2;
  return std::min(pause, options_.backoff_max);
}

Task<void> SupervisedEngine::run() {
  COCOON_CHECK(!running_);
  // Whatever way this coroutine ends, cancelled ones included, the child goes with it. A loop that
  // is torn down may drop the coroutine after the engine itself has gone.
  struct Leave {
    std::shared_ptr<SupervisedEngine*> engine;
    ~Leave() {
      if (*engine != nullptr) (*engine)->leave();
    }
  };
  running_ = true;
  const Leave leave{self_};
  while (!stopping_) {
    const Ending ending = co_await run_child();
    note_ending(ending);
    if (stopping_) break;
    using namespace boost::asio::experimental::awaitable_operators;
    co_await (wait_stop() || world_.clock.sleep_for(pause()));
    if (stopping_) break;
    ++restarts_;
    world_.metrics.increment(ports::Counter::kEngineRestarts);
  }
}

void SupervisedEngine::note_ending(Ending ending) {
  if (ending == Ending::kStopped) return;
  const bool was_steady =
      ready_since_ && world_.clock.now() - *ready_since_ >= options_.steady_after;
  failures_ = was_steady ? 1 : failures_ + 1;
  // Nothing to be gained from a quick try if the program is not there.
  if (ending == Ending::kNotStarted)
    failures_ = std::max(failures_, options_.failures_until_given_up);
  const bool give_up = failures_ >= options_.failures_until_given_up;
  set_state(give_up ? EngineState::kGivenUp : EngineState::kRestarting);
  world_.logger.warn("engine.restarting", {LogField::count("failures", failures_),
                                           LogField::duration("pause", pause())});
}

Task<SupervisedEngine::Ending> SupervisedEngine::run_child() {
  ready_since_.reset();
  ::unlink(socket_.c_str());  // what a killed one left behind would keep the next from listening
  auto started = ChildProcess::start(world_.executor, command_);
  if (!started) {
    world_.logger.error("engine.not_started", {LogField::error(started.error())});
    co_return Ending::kNotStarted;
  }
  child_ = *std::move(started);
  world_.logger.info("engine.started", {LogField::pid(child_->pid())});

  using namespace boost::asio::experimental::awaitable_operators;
  const auto first = co_await (watch_end() || attend() || wait_stop());
  const Ending ending = std::visit([](Ending which) { return which; }, first);
  co_await end_child();
  child_.reset();
  ::unlink(socket_.c_str());
  co_return ending;
}

Task<SupervisedEngine::Ending> SupervisedEngine::watch_end() {
  const ExitStatus status = co_await child_->wait_end();
  world_.logger.warn("engine.died",
                     {LogField::count("exit_code", static_cast<std::uint64_t>(status.code)),
                      LogField::count("signal", static_cast<std::uint64_t>(status.signal))});
  co_return Ending::kDied;
}

Task<SupervisedEngine::Ending> SupervisedEngine::wait_stop() {
  while (!stopping_) co_await stopping_changed_.wait();
  co_return Ending::kStopped;
}

// Waits until it is healthy and then looks after it; returns only if it should be ended.
Task<SupervisedEngine::Ending> SupervisedEngine::attend() {
  const auto start_by = world_.clock.in(options_.start_max);
  while (co_await http_.health(world_.clock.in(options_.health_max)) != Health::kReady) {
    if (world_.clock.now() >= start_by) {
      world_.logger.warn("engine.never_healthy");
      co_return Ending::kNeverHealthy;
    }
    co_await world_.clock.sleep_for(options_.start_poll);
  }
  ready_since_ = world_.clock.now();
  set_state(EngineState::kReady);
  world_.logger.info("engine.ready", {LogField::pid(child_->pid())});
  for (std::uint32_t misses = 0; misses < options_.health_failures_max;) {
    load_ = co_await http_.read_load(world_.clock.in(options_.health_max));
    co_await world_.clock.sleep_for(options_.health_interval);
    const Health health = co_await http_.health(world_.clock.in(options_.health_max));
    misses = health == Health::kReady ? 0 : misses + 1;
  }
  world_.logger.warn("engine.unhealthy");
  co_return Ending::kUnhealthy;
}

Task<Result<ExitStatus>> SupervisedEngine::await_end() { co_return co_await child_->wait_end(); }

Task<void> SupervisedEngine::end_child() {
  if (child_->has_ended()) co_return;
  if (state_ == EngineState::kReady) set_state(EngineState::kRestarting);  // no new work
  child_->signal(SIGTERM);
  const auto ended = co_await async::with_deadline(
      world_.clock, world_.clock.in(options_.stop_grace), await_end());
  if (ended) co_return;
  child_->signal(SIGKILL);
  (void)co_await child_->wait_end();
}

Task<void> SupervisedEngine::stop() {
  stopping_ = true;
  stopping_changed_.notify();
  changed_.notify();
  while (running_) co_await changed_.wait();
}

Task<Result<bool>> SupervisedEngine::ready_or_hopeless() {
  while (state_ != EngineState::kReady && state_ != EngineState::kGivenUp && !stopping_)
    co_await changed_.wait();
  co_return state_ == EngineState::kReady;
}

Task<Status> SupervisedEngine::wait_ready(async::Deadline by) {
  CO_TRY(const bool ready, co_await async::with_deadline(world_.clock, by, ready_or_hopeless()));
  if (!ready) co_return fail(EngineError::kDown, "engine: it does not start");
  co_return Status{};
}

}  // namespace cocoon::engine
