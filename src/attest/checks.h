#pragma once

#include <vector>

#include "attest/intel/quote.h"
#include "attest/policy.h"
#include "attest/verify.h"
#include "attest/worker_config.h"

namespace cocoon::attest {

// The single judgements that verify_evidence() is made of. Each refuses with its own code.

// The roots that may count under this policy: outside the devnet only those compiled in.
// kPolicyIncomplete if the policy lacks roots, images or an age; kUntrustedRoot if none of its
// roots may count.
[[nodiscard]] Result<std::vector<RootFingerprint>> usable_roots(const Policy& policy);

// kTdAttributes: DEBUG or another bit of the TUD byte, MIGRATABLE, an unknown bit, no
// SEPT_VE_DISABLE, a service TD, RTMR3 in use. kUnsupported: a body kind that is not judged.
[[nodiscard]] Status check_td(const intel::TdBody& body);

struct ImageMatch {
  std::string name;
  ImageHash hash;
};
// kImageNotAllowed unless MRTD, RTMR1 and RTMR2 are one image's, and RTMR0 and XFAM one of its
// shapes'.
[[nodiscard]] Result<ImageMatch> match_image(const intel::TdBody& body, const Policy& policy);

// kConfigMismatch if these are not the statement's configuration bytes, or say otherwise than the
// statement; kForbiddenConfig outside the schema, or, on a network other than the devnet, for an
// engine or a copy of the model at a place that the image does not vouch for.
[[nodiscard]] Status check_configuration(BytesView configuration, const Statement& statement);

// kUnknownBlock unless `block` is the statement's; kStale if it is older than `age_max` or from the
// future.
[[nodiscard]] Status check_block(const Statement& statement, const ProvenBlock& block,
                                 std::chrono::seconds age_max, UnixSeconds now);

}  // namespace cocoon::attest
