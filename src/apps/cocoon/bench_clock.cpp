#include "apps/cocoon/bench_clock.h"

#include <ctime>

namespace cocoon::apps {

double thread_cpu_us() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

}  // namespace cocoon::apps
