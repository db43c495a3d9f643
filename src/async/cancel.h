#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "async/task.h"

namespace cocoon::async {

// Ends a spawned task early: its present wait returns and its next co_await throws, which unwinds
// it.
class Canceller : public std::enable_shared_from_this<Canceller> {
 public:
  Canceller() = default;
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  // Does nothing before the task was started and once it has ended.
  void cancel();

 private:
  friend void spawn_cancellable(const Executor&, Task<void>, std::shared_ptr<Canceller>,
                                std::function<void(std::exception_ptr)>);
  // Asio passes the signal on by the task's executor: emitted from anywhere else it might arrive
  // after the task is gone.
  std::optional<Executor> executor_;
  boost::asio::cancellation_signal signal_;
};

// Runs `task` on its own until it ends or `canceller`, which serves one task only, is used.
// `on_end` is told of the exception that left the task, if one did; a cancelled task usually leaves
// with one.
void spawn_cancellable(const Executor& executor, Task<void> task,
                       std::shared_ptr<Canceller> canceller,
                       std::function<void(std::exception_ptr)> on_end);

// `is_cancelled(co_await kCancellation)`: whether the task that asks was cancelled. A loop that
// waits for ever asks after each wait, and returns: its end is then no exception, which would cost
// more than most steps of a request.
inline constexpr boost::asio::this_coro::cancellation_state_t kCancellation;
[[nodiscard]] inline bool is_cancelled(const boost::asio::cancellation_state& state) {
  return state.cancelled() != boost::asio::cancellation_type::none;
}

}  // namespace cocoon::async
