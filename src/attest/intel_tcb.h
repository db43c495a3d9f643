#pragma once

#include "attest/intel/quote_verify.h"
#include "attest/policy.h"
#include "attest/statement.h"

namespace cocoon::attest {

// The place of Intel's full TCB policy: TCB info, QE identity, TDX-module identity and CRLs over
// signed collateral (docs/formats/tdx-quote.md, "What is not judged yet"). Every quote under
// Intel's root passes through here, on every network, and is refused with kPolicyIncomplete: a
// genuine signature alone says nothing about a machine whose firmware may be known to be broken.
[[nodiscard]] Status check_intel_tcb(const intel::VerifiedQuote& quote, const Policy& policy,
                                     UnixSeconds at);

}  // namespace cocoon::attest
