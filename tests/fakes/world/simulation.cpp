#include "tests/fakes/world/simulation.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/check.h"

namespace cocoon::fakes {
namespace asio = boost::asio;

// Registers a timer with the clock while its wait lasts.
class VirtualClock::Sleeper {
 public:
  Sleeper(VirtualClock& clock, TimePoint when, asio::steady_timer& timer)
      : clock_(clock), key_(when, clock.next_number_++) {
    clock_.sleepers_.emplace(key_, &timer);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() { clock_.sleepers_.erase(key_); }

 private:
  VirtualClock& clock_;
  Key key_;
};

UnixMillis VirtualClock::wall_now() const {
  const auto since_start =
      std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
  return UnixMillis(wall_at_start_.value() +
                    static_cast<std::uint64_t>((since_start + wall_shift_).count()));
}

Task<void> VirtualClock::sleep_until(TimePoint when) {
  if (when <= now_) {
    co_await async::yield_now();
    co_return;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  const Sleeper sleeper(*this, when, timer);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

std::optional<TimePoint> VirtualClock::next_wake() const {
  if (sleepers_.empty()) return std::nullopt;
  return sleepers_.begin()->first.first;
}

void VirtualClock::move_to(TimePoint to) {
  COCOON_CHECK(to >= now_);
  now_ = to;
  while (!sleepers_.empty() && sleepers_.begin()->first.first <= now_) {
    sleepers_.begin()->second->cancel();
    sleepers_.erase(sleepers_.begin());
  }
}

Simulation::Simulation(UnixSeconds wall_at_start)
    : clock_(UnixMillis(std::uint64_t{wall_at_start.value()} * 1000)) {
  (void)add_loop();
}

void Simulation::end() {
  for (const auto& loop : loops_) loop->end();
}

std::size_t Simulation::add_loop() {
  loops_.push_back(std::make_unique<Loop>());
  return loops_.size() - 1;
}

void Simulation::end_loop(std::size_t loop) {
  if (loops_[loop]->is_alive()) loops_[loop]->end();
}

void Process::spawn(Task<void> task) {
  async::spawn(executor(), std::move(task),
               [&simulation = simulation_](std::string_view what) { simulation.note_crash(what); });
}

void Simulation::spawn(Task<void> task) {
  async::spawn(executor(), std::move(task), [this](std::string_view what) { note_crash(what); });
}

void Simulation::settle() {
  if (choose_) {
    settle_by_choice();
  } else {
    settle_in_turn();
  }
}

void Simulation::settle_in_turn() {
  for (std::size_t ran = 1; ran > 0;) {
    ran = 0;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      if (!loops_[i]->is_alive() && i > 0) continue;
      loops_[i]->restart();
      ran += loops_[i]->poll();
    }
  }
}

void Simulation::settle_by_choice() {
  std::vector<Loop*> alive;
  for (;;) {
    alive.clear();
    for (const auto& loop : loops_) {
      if (loop->is_alive()) alive.push_back(loop.get());
    }
    const std::size_t first = alive.empty() ? 0 : choose_(alive.size());
    std::size_t tried = 0;
    for (; tried < alive.size(); ++tried) {
      Loop& loop = *alive[(first + tried) % alive.size()];
      loop.restart();
      if (loop.poll_one() > 0) break;
    }
    if (tried == alive.size()) return;
  }
}

void Simulation::advance(Duration by) {
  const TimePoint to = clock_.now() + by;
  settle();
  for (auto next = clock_.next_wake(); next && *next <= to; next = clock_.next_wake()) {
    clock_.move_to(*next);
    settle();
  }
  clock_.move_to(to);
}

bool Simulation::run_until(const std::function<bool()>& condition, Duration at_most) {
  const TimePoint give_up = clock_.now() + at_most;
  for (;;) {
    settle();
    if (condition()) return true;
    const auto next = clock_.next_wake();
    if (!next || *next > give_up) return false;
    clock_.move_to(*next);
  }
}

void Simulation::run_to_end(Task<void> task, Duration at_most) {
  bool has_ended = false;
  std::exception_ptr crash;
  asio::co_spawn(executor(), std::move(task), [&](std::exception_ptr exception) {
    has_ended = true;
    crash = std::move(exception);
  });
  const bool in_time = run_until([&] { return has_ended; }, at_most);
  if (!in_time) {
    // The task's frame refers to its caller's.
    end();
    throw std::runtime_error("the task waits for something that does not happen");
  }
  if (crash) std::rethrow_exception(crash);
}

}  // namespace cocoon::fakes
