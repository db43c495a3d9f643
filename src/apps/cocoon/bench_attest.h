#pragma once

#include "apps/cocoon/bench.h"

namespace cocoon::apps {

// Recorded TDX, SEV-SNP and GPU evidence verified on this thread, from bytes alone and with what a
// running verifier remembers; TDX quotes beside the Rust crate dcap-qvl where it was built.
[[nodiscard]] Result<codec::Json> run_attest_bench(const BenchOptions& options, Terminal& terminal);

}  // namespace cocoon::apps
