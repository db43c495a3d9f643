#pragma once

#include "apps/cocoon/bench.h"

namespace cocoon::apps {

// The whole path from app to engine and back, sealed, beside the engine alone and a chain of three
// nginx hops with TLS between them; the proxy beside the middle hop.
[[nodiscard]] Result<codec::Json> run_relay_bench(const BenchOptions& options, Terminal& terminal);

}  // namespace cocoon::apps
