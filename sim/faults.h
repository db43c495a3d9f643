#pragma once

#include "sim/stage.h"

namespace cocoon::sim {

// Does harm to the stage again and again until `until`, of whatever kind chance picks, and mends
// each after a while of its own.
[[nodiscard]] Task<void> do_harm(Stage& stage, async::TimePoint until);

}  // namespace cocoon::sim
