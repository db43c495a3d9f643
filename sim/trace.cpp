#include "sim/trace.h"

#include <fmt/format.h>

namespace cocoon::sim {

void Trace::note(std::string_view who, std::string_view what) {
  const auto at =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.now().time_since_epoch());
  lines_.push_back(
      fmt::format("{:>12.6f} {:<10} {}", static_cast<double>(at.count()) / 1e6, who, what));
  mix(lines_.back());
}

}  // namespace cocoon::sim
