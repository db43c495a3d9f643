#include "attest/intel_tcb.h"

namespace cocoon::attest {

Status check_intel_tcb(const intel::VerifiedQuote& quote, const Policy& policy, UnixSeconds at) {
  static_cast<void>(quote);
  static_cast<void>(policy);
  static_cast<void>(at);
  return fail(AttestError::kPolicyIncomplete,
              "full Intel TCB policy (TCB info, QE identity, CRLs) is not built yet");
}

}  // namespace cocoon::attest
