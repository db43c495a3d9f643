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

}  // namespace cocoon::async
