#pragma once

#include <cstddef>

#include "base/result.h"

namespace cocoon::apps {

// CPU time that this thread has used, in microseconds.
[[nodiscard]] double thread_cpu_us();
// CPU time that this process has used, in microseconds.
[[nodiscard]] double process_cpu_us();

// CPU microseconds of one call, from so many; the first failure ends it.
template <class Operation>
[[nodiscard]] Result<double> cpu_us_of(std::size_t calls, const Operation& operation) {
  const double began = thread_cpu_us();
  for (std::size_t i = 0; i < calls; ++i) TRY_VOID(operation());
  return (thread_cpu_us() - began) / static_cast<double>(calls);
}

}  // namespace cocoon::apps
