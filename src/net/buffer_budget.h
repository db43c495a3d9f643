#pragma once

#include "async/event.h"

// Inside this room: the memory of many connections together.
namespace cocoon::net {

// What the connections of one listener hold for peers that do not take it and for handlers that do
// not read it. One coroutine at most waits.
class BufferBudget {
 public:
  BufferBudget(const async::Executor& executor, std::size_t bytes_max)
      : bytes_max_(bytes_max), over_(executor) {}

  // A holder of `before` bytes holds `now` from here on.
  void change(std::size_t before, std::size_t now) {
    bytes_ = bytes_ - before + now;
    if (is_over()) over_.notify();
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool is_over() const { return bytes_ > bytes_max_; }
  // Returns when it may be over; spuriously after wake().
  [[nodiscard]] async::Task<void> wait_over() { return over_.wait(); }
  void wake() { over_.notify(); }

 private:
  std::size_t bytes_ = 0;
  std::size_t bytes_max_;
  async::Event over_;
};

}  // namespace cocoon::net
