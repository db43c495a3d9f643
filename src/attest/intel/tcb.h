#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/intel/collateral.h"
#include "attest/intel/quote_verify.h"

namespace cocoon::attest::intel {

// What Intel's collateral says of the platform that a quote comes from.
struct TcbJudgement {
  // None if the collateral is not about this platform, module or quoting enclave.
  std::optional<TcbStatus> status;
  UnixSeconds tcb_date;                 // the oldest one of the levels that were reached
  std::vector<std::string> advisories;  // of those levels, sorted, each once
  // Why the quote is to be refused whatever its status: wrong time, revocation, other platforms.
  std::vector<Error> problems;
};

// Intel's verification algorithm (SGX-TDX-DCAP-QuoteVerificationLibrary, 4.1.2.4 of its comments):
// windows at `at`, revocation, FMSPC and PCEID, the TDX module's identity and level, the platform's
// level, the quoting enclave's, and whether a TD 1.5 merely waits for a relaunch. Beyond Intel's,
// a TD whose current TCB (TEE_TCB_SVN2) is worse than the one it was launched with has the worse
// one's status.
[[nodiscard]] TcbJudgement judge_tcb(const VerifiedQuote& quote,
                                     const VerifiedCollateral& collateral, UnixSeconds at);

}  // namespace cocoon::attest::intel
