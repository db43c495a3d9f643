#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>

#include "base/log.h"
#include "base/result.h"

namespace cocoon::async {

enum class AsyncError : std::uint16_t {
  kTimeout = 1,    // the deadline passed
  kCancelled = 2,  // the operation's owner gave up
  kClosed = 3,     // the other end of a queue or stream is gone
  kFull = 4,       // a bound was reached
};
constexpr Library library_of(AsyncError) { return Library::kAsync; }

using Executor = boost::asio::any_io_executor;

// A lazily started coroutine. Parameters are taken by value or are objects that outlive it;
// failures are Results. An exception that leaves a Task is a bug of ours or std::bad_alloc, and
// spawn() decides what it costs.
template <class T>
using Task = boost::asio::awaitable<T>;

// Runs `task` on `executor` on its own. If an exception leaves it, `on_crash` is told its what();
// the process goes on.
void spawn(const Executor& executor, Task<void> task,
           std::function<void(std::string_view)> on_crash);

// The executor the calling coroutine runs on.
Task<Executor> this_executor();
// Lets everything else that is ready run first.
Task<void> yield_now();

}  // namespace cocoon::async
