#include "apps/cocoon/bench_clock.h"

#include <ctime>

namespace cocoon::apps {

namespace {

double micros_of(clockid_t clock) {
  timespec spent{};
  clock_gettime(clock, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

}  // namespace

double thread_cpu_us() { return micros_of(CLOCK_THREAD_CPUTIME_ID); }

double process_cpu_us() { return micros_of(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace cocoon::apps
