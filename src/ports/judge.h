#pragma once

#include "attest/verify.h"
#include "ports/chain_time.h"
#include "ports/world.h"

namespace cocoon::ports {

// Judges an encoded evidence bundle under the registry's current policy, with the chain's block of
// the number that its statement names. Now is the chain's time, which `time` learns first and which
// goes on when no block comes: a chain that stands still keeps no statement young.
[[nodiscard]] Task<Result<attest::VerifiedWorker>> judge_evidence(BytesView evidence,
                                                                  Registry& registry,
                                                                  ChainHead& chain,
                                                                  ChainTime& time);

}  // namespace cocoon::ports
