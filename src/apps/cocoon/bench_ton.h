#pragma once

#include "apps/cocoon/bench.h"

namespace cocoon::apps {

// Recorded proofs of TON's mainnet and whole blocks, read and checked on one thread, beside their
// signatures alone and beside @ton/core; and the TON devnet under a client of its own, beside none.
[[nodiscard]] Result<codec::Json> run_ton_bench(const BenchOptions& options, Terminal& terminal);

}  // namespace cocoon::apps
