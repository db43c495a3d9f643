#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "async/event.h"
#include "base/log.h"
#include "engine/http_engine.h"
#include "engine/llama_server.h"
#include "ports/metrics.h"

namespace cocoon::engine {

class ChildProcess;
struct ExitStatus;

struct SupervisorOptions {
  std::chrono::milliseconds start_max{
      std::chrono::minutes(10)};  // from start to healthy: loading a large model
  std::chrono::milliseconds start_poll{50};
  std::chrono::milliseconds health_interval{1000};
  std::chrono::milliseconds health_max{
      10'000};                            // one check; engines answer late when they are busy
  std::uint32_t health_failures_max = 6;  // in a row, then it is killed and started again
  std::chrono::milliseconds backoff_min{250};
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::milliseconds steady_after{
      30'000};  // an engine that was ready for so long starts from backoff_min again
  std::uint32_t failures_until_given_up =
      8;  // in a row; from then on a try every backoff_max, and never none
  std::chrono::milliseconds stop_grace{5000};  // from SIGTERM to SIGKILL
};

// An engine that is our child on a Unix socket: started, watched, restarted with growing pauses,
// stopped. Its end is noticed at once. All on one executor, whose thread must live as long as the
// child (the kernel kills the child when that thread ends).
class SupervisedEngine final : public ports::Engine {
 public:
  // What it needs; all of it outlives the engine. `client` connects to `socket`.
  struct World {
    async::Executor executor;
    async::Clock& clock;
    const Logger& logger;
    ports::Metrics& metrics;
  };
  SupervisedEngine(World world, Command command, std::filesystem::path socket,
                   std::unique_ptr<ports::HttpClient> client, SupervisorOptions options = {});
  ~SupervisedEngine() override;

  // Supervises until stop(); to be spawned once. Cancelling it kills the child.
  [[nodiscard]] async::Task<void> run();
  // Ends the child in an orderly way and run() with it; returns when both are gone.
  [[nodiscard]] async::Task<void> stop();
  // kDown if it was given up or stopped, kTimeout at the deadline.
  [[nodiscard]] async::Task<Status> wait_ready(async::Deadline by);

  [[nodiscard]] ports::EngineState state() const override { return state_; }
  [[nodiscard]] ports::EngineLoad load() const override { return load_; }
  [[nodiscard]] ports::Task<Result<ports::HttpResponse>> call(std::string method, std::string path,
                                                              Bytes body,
                                                              ports::Deadline head_by) override;

  [[nodiscard]] int child_pid() const;  // 0 while there is none
  [[nodiscard]] std::uint32_t restarts() const { return restarts_; }

 private:
  enum class Ending : std::uint8_t { kStopped, kDied, kUnhealthy, kNeverHealthy, kNotStarted };

  [[nodiscard]] async::Task<Ending> run_child();
  [[nodiscard]] async::Task<Ending> watch_end();
  [[nodiscard]] async::Task<Ending> attend();
  [[nodiscard]] async::Task<Ending> wait_stop();
  [[nodiscard]] async::Task<Result<ExitStatus>> await_end();
  [[nodiscard]] async::Task<void> end_child();
  [[nodiscard]] async::Task<Result<bool>> ready_or_hopeless();
  void leave();
  void note_ending(Ending ending);
  void set_state(ports::EngineState state);
  [[nodiscard]] std::chrono::milliseconds pause() const;

  World world_;
  Command command_;
  std::filesystem::path socket_;
  HttpEngine http_;
  SupervisorOptions options_;

  std::shared_ptr<SupervisedEngine*> self_ =
      std::make_shared<SupervisedEngine*>(this);  // null once gone
  std::unique_ptr<ChildProcess> child_;
  ports::EngineState state_ = ports::EngineState::kStarting;
  ports::EngineLoad load_;
  async::Event changed_;  // state_ or running_
  async::Event stopping_changed_;
  bool stopping_ = false;
  bool running_ = false;
  std::optional<async::TimePoint> ready_since_;  // of the present child
  std::uint32_t failures_ = 0;                   // in a row
  std::uint32_t restarts_ = 0;
};

}  // namespace cocoon::engine
