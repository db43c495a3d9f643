#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <optional>

#include "async/clock.h"

namespace cocoon::async {

// Wakes waiting coroutines of one executor. notify() wakes all who wait now; it is not remembered:
// waiters loop over their own condition.
class Event {
 public:
  explicit Event(const Executor& executor);
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void notify();
  [[nodiscard]] Task<void> wait();
  // As wait(), or until `when`. For events with one waiter at most: a second one would wake the
  // first.
  [[nodiscard]] Task<void> wait_until(TimePoint when);

 private:
  boost::asio::steady_timer timer_;
};

// A bounded queue between coroutines of one executor: one consumer, any number of producers.
template <class T>
class Queue {
 public:
  Queue(const Executor& executor, std::size_t capacity) : capacity_(capacity), changed_(executor) {}

  // kFull or kClosed at once instead of waiting.
  [[nodiscard]] Status try_push(T value) {
    if (closed_) return fail(AsyncError::kClosed, "queue closed");
    if (items_.size() >= capacity_) return fail(AsyncError::kFull, "queue full");
    items_.push_back(std::move(value));
    changed_.notify();
    return {};
  }
  [[nodiscard]] Task<Status> push(T value) {
    while (!closed_ && items_.size() >= capacity_) co_await changed_.wait();
    co_return try_push(std::move(value));
  }
  // Nothing once the queue is closed and drained.
  [[nodiscard]] Task<std::optional<T>> pop() {
    while (items_.empty() && !closed_) co_await changed_.wait();
    if (items_.empty()) co_return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    changed_.notify();
    co_return value;
  }
  void close() {
    closed_ = true;
    changed_.notify();
  }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool is_closed() const { return closed_; }

 private:
  std::size_t capacity_;
  bool closed_ = false;
  std::deque<T> items_;
  Event changed_;
};

}  // namespace cocoon::async
