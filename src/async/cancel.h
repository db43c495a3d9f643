#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <functional>
#include <memory>

#include "async/task.h"

namespace cocoon::async {

// Ends a spawned task early: its present wait returns and its next co_await throws, which unwinds
// it.
class Canceller {
 public:
  Canceller() = default;
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  // Does nothing once the task has ended.
  void cancel() { signal_.emit(boost::asio::cancellation_type::terminal); }

 private:
  friend void spawn_cancellable(const Executor&, Task<void>, std::shared_ptr<Canceller>,
                                std::function<void(std::exception_ptr)>);
  boost::asio::cancellation_signal signal_;
};

// Runs `task` on its own until it ends or `canceller`, which serves one task only, is used.
// `on_end` is told of the exception that left the task, if one did; a cancelled task usually leaves
// with one.
void spawn_cancellable(const Executor& executor, Task<void> task,
                       std::shared_ptr<Canceller> canceller,
                       std::function<void(std::exception_ptr)> on_end);

}  // namespace cocoon::async
