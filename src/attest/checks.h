#pragma once

#include <vector>

#include "attest/intel/tcb.h"
#include "attest/policy.h"
#include "attest/verify.h"
#include "attest/worker_config.h"

namespace cocoon::attest {

// The single judgements that verify_evidence() is made of. Each refuses with its own code.

// The roots that may count under this policy: outside the devnet only those compiled in.
// kPolicyIncomplete if the policy has none; kUntrustedRoot if none of its roots may count.
[[nodiscard]] Result<std::vector<RootFingerprint>> usable_roots(const Policy& policy);
// kPolicyIncomplete if the policy lacks images of TDs, or an age.
[[nodiscard]] Status check_complete(const Policy& policy);
// kPolicyIncomplete if the policy lacks an age.
[[nodiscard]] Status check_age_bound(const Policy& policy);

// kTdAttributes for each: DEBUG, another bit of the TUD byte, MIGRATABLE, an unknown bit, no
// SEPT_VE_DISABLE, a service TD, bound devices.
[[nodiscard]] std::vector<Error> td_problems(const intel::TdBody& body);
// kTdAttributes if RTMR3 is in use: what runs may extend it, so a verifier must know what with.
[[nodiscard]] Status check_rtmr3(const intel::TdBody& body);
// The first of td_problems(), or check_rtmr3().
[[nodiscard]] Status check_td(const intel::TdBody& body);

// Why the platform is refused: a ban (kBanned), what judge_tcb() found, a status that is neither
// UpToDate nor covered by an exception of the policy (kTcbStatus), collateral below the policy's
// floor (kStale). No policy: no exception and no floor.
[[nodiscard]] std::vector<Error> platform_problems(const intel::TcbJudgement& tcb,
                                                   const intel::VerifiedQuote& quote,
                                                   const intel::VerifiedCollateral& collateral,
                                                   UnixSeconds at, const Policy* policy);

struct ImageMatch {
  std::string name;
  ImageHash hash;
  // What machines of the matching shapes have: one of these is to be proven. Shapes may differ in
  // nothing else, since firmware measures no GPU.
  std::vector<ShapeGpus> gpus;
};
// kImageNotAllowed unless MRTD, RTMR1 and RTMR2 are one image's, and RTMR0 and XFAM one of its
// shapes'.
[[nodiscard]] Result<ImageMatch> match_image(const intel::TdBody& body, const Policy& policy);

// kConfigMismatch if these are not the statement's configuration bytes, or say otherwise than the
// statement; kForbiddenConfig outside the schema, for a trusted block that the policy does not
// list, or, on a network other than the devnet, for an engine or a copy of the model at a place
// that the image does not vouch for.
[[nodiscard]] Status check_configuration(BytesView configuration, const Statement& statement,
                                         const Policy& policy);

// kUnknownBlock unless `block` is the statement's; kStale if it is older than `age_max` or from the
// future.
[[nodiscard]] Status check_block(const Statement& statement, const ProvenBlock& block,
                                 std::chrono::seconds age_max, UnixSeconds now);

}  // namespace cocoon::attest
