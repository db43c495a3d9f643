#pragma once

#include "attest/verify.h"
#include "ports/world.h"

namespace cocoon::ports {

// Judges an encoded evidence bundle under the registry's current policy, with the chain's block of
// the number that its statement names and the newest block's time as now.
[[nodiscard]] Task<Result<attest::VerifiedWorker>> judge_evidence(BytesView evidence,
                                                                  Registry& registry,
                                                                  ChainHead& chain);

}  // namespace cocoon::ports
