#pragma once

#include "ton/block/validators.h"
#include "ton/tl/lite_answers.h"

namespace cocoon::ton {

struct SignedWeight {
  std::size_t signatures = 0;
  std::uint64_t weight = 0;
};

// Checks every signature of the set over this block: each signer is in the session and signs once,
// each signature verifies, and together they have more than two thirds of its weight. Counts what
// signed. kBadSignature otherwise.
[[nodiscard]] Result<SignedWeight> check_signatures(const SignatureSet& set,
                                                    const ValidatorSession& session,
                                                    const BlockId& block);

}  // namespace cocoon::ton
