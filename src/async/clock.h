#pragma once

#include <chrono>
#include <memory>

#include "async/task.h"

namespace cocoon::async {

using Duration = std::chrono::nanoseconds;
// A point on a clock that never goes backward; its origin means nothing.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using Deadline = TimePoint;

// Time as the roles see it. The real one reads the machine; the virtual one moves only when a
// simulation says so.
class Clock {
 public:
  Clock() = default;
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  [[nodiscard]] virtual TimePoint now() const = 0;
  // Wall-clock milliseconds since 1970, for expiry and for people; may jump.
  [[nodiscard]] virtual UnixMillis wall_now() const = 0;
  // Returns at `when`, or earlier if the waiting coroutine is cancelled.
  [[nodiscard]] virtual Task<void> sleep_until(TimePoint when) = 0;
  [[nodiscard]] Task<void> sleep_for(Duration duration) { return sleep_until(now() + duration); }
  [[nodiscard]] Deadline in(Duration duration) const { return now() + duration; }
};

// The machine's own clock.
[[nodiscard]] std::unique_ptr<Clock> make_real_clock();

}  // namespace cocoon::async
