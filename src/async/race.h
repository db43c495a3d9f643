#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <optional>

#include "async/clock.h"

namespace cocoon::async {

// The task's result, or kTimeout: the task is then cancelled and has ended before this returns.
template <class T>
Task<Result<T>> with_deadline(Clock& clock, Deadline deadline, Task<Result<T>> task) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (std::move(task) || clock.sleep_until(deadline));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(AsyncError::kTimeout, "timed out");
}

// The task's value, or nothing as soon as `stop` ends; the loser is cancelled and has ended before
// this returns.
template <class T>
Task<std::optional<T>> value_unless(Task<void> stop, Task<T> task) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (std::move(task) || std::move(stop));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return std::nullopt;
}

// The task's result, or kCancelled as soon as `stop` ends; the loser is cancelled and has ended
// before this returns.
template <class T>
Task<Result<T>> unless(Task<void> stop, Task<Result<T>> task) {
  std::optional<Result<T>> result = co_await value_unless(std::move(stop), std::move(task));
  if (result) co_return *std::move(result);
  co_return fail(AsyncError::kCancelled, "cancelled");
}

// How long a task that runs on for a while may go without moving. One limit watches the whole task,
// so that its single steps need no race of their own.
class IdleLimit {
 public:
  IdleLimit(Clock& clock, Duration max) : clock_(clock), max_(max), moved_at_(clock.now()) {}
  IdleLimit(const IdleLimit&) = delete;
  IdleLimit& operator=(const IdleLimit&) = delete;

  void moved() {
    held_ = false;
    moved_at_ = clock_.now();
  }
  // Until it next moves the task waits for something that this limit is not about.
  void hold() { held_ = true; }
  // Returns once nothing has moved for so long.
  [[nodiscard]] Task<void> reached();

 private:
  Clock& clock_;
  Duration max_;
  TimePoint moved_at_;
  bool held_ = false;
};

// The task's value, or nothing if the limit is reached first: the task is then cancelled and has
// ended before this returns. The task tells the limit when it moves.
template <class T>
Task<std::optional<T>> value_within(IdleLimit& limit, Task<T> task) {
  return value_unless(limit.reached(), std::move(task));
}

// The task's result, or kTimeout if the limit is reached first.
template <class T>
Task<Result<T>> within(IdleLimit& limit, Task<Result<T>> task) {
  std::optional<Result<T>> result = co_await value_within(limit, std::move(task));
  if (result) co_return *std::move(result);
  co_return fail(AsyncError::kTimeout, "timed out");
}

}  // namespace cocoon::async
