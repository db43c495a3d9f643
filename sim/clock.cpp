#include "sim/clock.h"

namespace cocoon::sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

async::TimePoint DriftingClock::local(async::TimePoint of_base) const {
  const std::int64_t passed = of_base.time_since_epoch().count();
  return async::TimePoint(async::Duration(passed + passed / kMillion * fast_ppm_));
}

UnixMillis DriftingClock::wall_now() const {
  return UnixMillis(base_.wall_now().value() + static_cast<std::uint64_t>(wall_off_.count()));
}

async::Task<void> DriftingClock::sleep_until(async::TimePoint when) {
  // The base's time at which this clock shows `when`, or a little later.
  const std::int64_t shown = when.time_since_epoch().count();
  const std::int64_t at =
      shown - shown / (kMillion + fast_ppm_) * fast_ppm_ + (fast_ppm_ > 0 ? fast_ppm_ : -fast_ppm_);
  // In a variable, so that the wait is this object's and not a temporary's.
  const async::TimePoint until{async::Duration(at)};
  co_await base_.sleep_until(until);
}

}  // namespace cocoon::sim
