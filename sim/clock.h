#pragma once

#include "tests/fakes/world/simulation.h"

namespace cocoon::sim {

// A program's own idea of time: it runs fast or slow by some parts in a million, and its wall clock
// is wrong and may jump.
class DriftingClock final : public async::Clock {
 public:
  DriftingClock(fakes::VirtualClock& base, std::int64_t fast_ppm,
                std::chrono::milliseconds wall_off)
      : base_(base), fast_ppm_(fast_ppm), wall_off_(wall_off) {}

  [[nodiscard]] async::TimePoint now() const override { return local(base_.now()); }
  [[nodiscard]] UnixMillis wall_now() const override;
  [[nodiscard]] async::Task<void> sleep_until(async::TimePoint when) override;
  void jump_wall(std::chrono::milliseconds by) { wall_off_ += by; }

 private:
  [[nodiscard]] async::TimePoint local(async::TimePoint of_base) const;

  fakes::VirtualClock& base_;
  std::int64_t fast_ppm_;
  std::chrono::milliseconds wall_off_;
};

}  // namespace cocoon::sim
