#include "ports/refusal.h"

#include "attest/intel/error.h"
#include "attest/statement.h"

namespace cocoon::ports {
namespace {

Counter counter_of(attest::AttestError code) {
  using attest::AttestError;
  switch (code) {
    case AttestError::kMalformed:
    case AttestError::kUnsupported:
      return Counter::kRefusedMalformed;
    case AttestError::kBadSignature:
    case AttestError::kUntrustedRoot:
      return Counter::kRefusedSignature;
    case AttestError::kBindingMismatch:
    case AttestError::kWrongNetwork:
    case AttestError::kWrongRole:
      return Counter::kRefusedBinding;
    case AttestError::kImageNotAllowed:
      return Counter::kRefusedImage;
    case AttestError::kStale:
    case AttestError::kUnknownBlock:
      return Counter::kRefusedFreshness;
    case AttestError::kForbiddenConfig:
    case AttestError::kConfigMismatch:
      return Counter::kRefusedConfiguration;
    case AttestError::kTdAttributes:
      return Counter::kRefusedTd;
    case AttestError::kPlatform:
    case AttestError::kTcbStatus:
    case AttestError::kGpu:
      return Counter::kRefusedPlatform;
    case AttestError::kCollateral:
    case AttestError::kNoCollateral:
      return Counter::kRefusedCollateral;
    case AttestError::kBanned:
      return Counter::kRefusedBanned;
    case AttestError::kPolicyIncomplete:
      return Counter::kRefusedOther;
  }
  return Counter::kRefusedOther;
}

}  // namespace

void count_refusal(Metrics& metrics, const Error& why) {
  metrics.increment(Counter::kEvidenceRefused);
  Counter reason = Counter::kRefusedOther;
  if (why.library() == Library::kAttest)
    reason = counter_of(static_cast<attest::AttestError>(why.code()));
  // Of the vendor's judgements only those of collateral that was offered come here as they are.
  if (why.library() == Library::kAttestIntel) reason = Counter::kRefusedCollateral;
  metrics.increment(reason);
}

}  // namespace cocoon::ports
