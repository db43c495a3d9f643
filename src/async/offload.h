#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "async/task.h"

namespace cocoon::async {

// One thread beside the loop, for work that would hold it up.
class WorkerThread {
 public:
  WorkerThread();
  // Waits for the work under way; what has not begun is dropped.
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  [[nodiscard]] Executor executor() const;

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

namespace detail {
template <class T>
Task<T> call(std::function<T()> work) {
  co_return work();
}
}  // namespace detail

// Runs `work` on another executor and comes back with its value. `work` owns or shares what it
// touches: it runs to its end even if the waiting coroutine is cancelled. T has a default.
template <class T>
Task<T> run_on(Executor elsewhere, std::function<T()> work) {
  co_return co_await boost::asio::co_spawn(elsewhere, detail::call<T>(std::move(work)),
                                           boost::asio::use_awaitable);
}

}  // namespace cocoon::async
