#pragma once

#include <string>
#include <vector>

#include "sim/ledger.h"

namespace cocoon::sim {

struct Report {
  std::vector<std::string> violations;
  std::vector<std::string> trace;
  std::string digest;  // of the trace: equal for equal seeds
  std::size_t answered = 0;
  std::size_t failed = 0;
  std::size_t aborted = 0;
};

// One network from start to end: two clients, two proxies, three workers, forty seconds of load
// under faults, then peace, in which questions must be answered again within kRecovery and nothing
// may be left of those before. The seed decides everything.
inline constexpr auto kRecovery = std::chrono::seconds(60);
[[nodiscard]] Report run(std::uint64_t seed, Defect defect = Defect::kNone);

}  // namespace cocoon::sim
