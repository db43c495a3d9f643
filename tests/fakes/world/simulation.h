#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "async/clock.h"
#include "async/task.h"

namespace cocoon::fakes {

using async::Duration;
using async::Task;
using async::TimePoint;

// Stands still until it is told to move. Its waits are waits of Asio timers, so that cancelling a
// coroutine ends them.
class VirtualClock final : public async::Clock {
 public:
  explicit VirtualClock(UnixMillis wall_at_start) : wall_at_start_(wall_at_start) {}

  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] UnixMillis wall_now() const override;
  [[nodiscard]] Task<void> sleep_until(TimePoint when) override;

  // When the first of the sleepers wants to wake; nothing if nobody sleeps.
  [[nodiscard]] std::optional<TimePoint> next_wake() const;
  [[nodiscard]] std::size_t sleepers() const { return sleepers_.size(); }
  // Moves forward to `to` and wakes whoever is due by then.
  void move_to(TimePoint to);
  // The wall clock may jump, the other one may not.
  void shift_wall(std::chrono::milliseconds by) { wall_shift_ += by; }

 private:
  class Sleeper;
  using Key = std::pair<TimePoint, std::uint64_t>;  // in order of arrival at equal times

  UnixMillis wall_at_start_;
  std::chrono::milliseconds wall_shift_{0};
  TimePoint now_{};
  std::uint64_t next_number_ = 0;
  std::map<Key, boost::asio::steady_timer*> sleepers_;
};

// One event loop with a virtual clock: runs coroutines to the instant at which nothing more can
// happen, then lets time jump to the next. The same program takes the same steps each time.
//
// end() destroys every coroutine that still waits. Call it while all that they refer to is alive:
// an object that owns what coroutines use calls it in its destructor.
class Simulation {
 public:
  explicit Simulation(UnixSeconds wall_at_start);
  ~Simulation() { end(); }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] async::Executor executor() { return executor_of(0); }
  [[nodiscard]] VirtualClock& clock() { return clock_; }

  // Runs `task` on its own. An exception that leaves it is kept in crashes().
  void spawn(Task<void> task);
  [[nodiscard]] const std::vector<std::string>& crashes() const { return crashes_; }
  void note_crash(std::string_view what) { crashes_.emplace_back(what); }

  // Everything that can happen at this instant.
  void settle();
  // Lets this much time pass, with everything that happens in it.
  void advance(Duration by);
  // Lets time pass until the condition holds, at most `at_most`; says whether it does.
  [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                               Duration at_most = kPatience);
  // The task's result. Throws if it crashes, or has not ended when `at_most` is over or nothing is
  // left that could happen.
  template <class T>
  T run(Task<T> task, Duration at_most = kPatience) {
    std::optional<T> result;
    const auto store = [](Task<T> from, std::optional<T>& to) -> Task<void> {
      auto value = co_await std::move(from);
      to.emplace(std::move(value));
    };
    run_to_end(store(std::move(task), result), at_most);
    return std::move(*result);
  }
  void run(Task<void> task, Duration at_most = kPatience) { run_to_end(std::move(task), at_most); }

  void end();

  // An event loop of its own, for what can die alone (see Process). It stays as long as this
  // object, dead or not.
  [[nodiscard]] std::size_t add_loop();
  [[nodiscard]] async::Executor executor_of(std::size_t loop) {
    return loops_[loop]->get_executor();
  }
  // Destroys every coroutine of that loop; nothing runs there any more.
  void end_loop(std::size_t loop);

  // Who is next where several loops have something to do: a number below the given one. Without
  // it each runs in turn as far as it can.
  void choose_by(std::function<std::size_t(std::size_t)> choose) { choose_ = std::move(choose); }

 private:
  static constexpr Duration kPatience = std::chrono::hours(1);

  class Loop final : public boost::asio::io_context {
   public:
    // The services drop what they hold and stay, so that timers may be destroyed later.
    void end() {
      is_alive_ = false;
      shutdown();
    }
    [[nodiscard]] bool is_alive() const { return is_alive_; }

   private:
    bool is_alive_ = true;
  };
  void run_to_end(Task<void> task, Duration at_most);
  void settle_in_turn();
  void settle_by_choice();

  std::vector<std::unique_ptr<Loop>> loops_;  // the first is the simulation's own
  VirtualClock clock_;
  std::vector<std::string> crashes_;
  std::function<std::size_t(std::size_t)> choose_;
};

// A program that can die: kill() destroys all its coroutines where they stand, as the death of a
// real one would. Whatever they refer to is destroyed after that.
class Process {
 public:
  explicit Process(Simulation& simulation)
      : simulation_(simulation), loop_(simulation.add_loop()) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { kill(); }

  [[nodiscard]] async::Executor executor() const { return simulation_.executor_of(loop_); }
  [[nodiscard]] Simulation& simulation() const { return simulation_; }
  void spawn(Task<void> task);
  void kill() { simulation_.end_loop(loop_); }

 private:
  Simulation& simulation_;
  std::size_t loop_;
};

}  // namespace cocoon::fakes
