#pragma once

#include "apps/cocoon/bench.h"

namespace cocoon::apps {

// What both ends of a payment channel do for each request, on disk: an authorisation and a commit
// by the payer, a reservation and a bill by the payee, by so many requests at once; beside the
// disk's own flushes of one page.
[[nodiscard]] Result<codec::Json> run_ledger_bench(const BenchOptions& options, Terminal& terminal);

}  // namespace cocoon::apps
