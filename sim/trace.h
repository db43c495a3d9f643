#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::sim {

using async::Duration;
using async::Task;
using async::TimePoint;

// What happened, in order, each line with its virtual time: what two runs of one seed are compared
// by, and what a person reads of a failed one.
class Trace {
 public:
  explicit Trace(fakes::VirtualClock& clock) : clock_(clock) {}
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  void note(std::string_view who, std::string_view what);
  // Goes into the digest only.
  void mix(std::string_view what) { hash_.update(as_bytes(what)); }

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  // Once, at the end.
  [[nodiscard]] std::string digest() { return to_hex(hash_.finish()); }

 private:
  fakes::VirtualClock& clock_;
  std::vector<std::string> lines_;
  crypto::Sha256 hash_;
};

}  // namespace cocoon::sim
