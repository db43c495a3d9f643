#pragma once

#include <boost/asio.hpp>
#include <future>
#include <utility>

#include "async/task.h"

namespace cocoon::store {

// One loop for all tests of a file: a loop outlives what answers on it.
inline boost::asio::io_context& loop() {
  static boost::asio::io_context context;
  context.restart();
  return context;
}

template <class T>
T run(async::Task<T> task) {
  auto future = boost::asio::co_spawn(loop(), std::move(task), boost::asio::use_future);
  loop().run();
  return future.get();
}

}  // namespace cocoon::store
