#pragma once

#include "async/clock.h"
#include "ports/world.h"

namespace cocoon::ports {

// Time that a machine's host cannot turn back: the newest proven block's time plus a monotonic
// clock, never backward (DESIGN §4, Replay). It may lag behind the wall clock by as much as blocks
// take to arrive.
class ChainTime {
 public:
  ChainTime(ChainHead& head, async::Clock& clock) : head_(head), clock_(clock) {}

  // Learns the newest block. Fails if the chain cannot be read; time then goes on from what was
  // known.
  [[nodiscard]] Task<Status> refresh();
  // Zero until the first successful refresh(): everything is then expired or from the future.
  [[nodiscard]] UnixSeconds now() const;

 private:
  ChainHead& head_;
  async::Clock& clock_;
  UnixSeconds known_;
  async::TimePoint known_at_;
};

}  // namespace cocoon::ports
