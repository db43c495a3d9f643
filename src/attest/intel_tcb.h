#pragma once

#include "attest/policy.h"
#include "attest/quote_verify.h"

namespace cocoon::attest {

// The place of Intel's full TCB policy: TCB info, QE identity, TDX-module identity and CRLs over
// signed collateral (docs/formats/tdx-quote.md, "What is not judged yet"). Every quote under
// Intel's root passes through here, on every network, and is refused with kPolicyIncomplete: a
// genuine signature alone says nothing about a machine whose firmware may be known to be broken.
[[nodiscard]] Status check_intel_tcb(const VerifiedQuote& quote, const Policy& policy,
                                     UnixSeconds at);

}  // namespace cocoon::attest
