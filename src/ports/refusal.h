#pragma once

#include "base/result.h"
#include "ports/metrics.h"

namespace cocoon::ports {

// Counts a worker's evidence as refused, and what for.
void count_refusal(Metrics& metrics, const Error& why);

}  // namespace cocoon::ports
