#include "attest/reason.h"

#include "attest/amd/error.h"
#include "attest/intel/error.h"
#include "attest/nvidia/error.h"
#include "attest/statement.h"

namespace cocoon::attest {
namespace {

using amd::AmdError;
using intel::IntelError;
using nvidia::NvidiaError;

constexpr std::string_view kOther = "refused";

std::string_view name_of(AttestError code) {
  switch (code) {
    case AttestError::kMalformed:
      return "malformed";
    case AttestError::kUnsupported:
      return "unsupported";
    case AttestError::kBadSignature:
      return "bad-signature";
    case AttestError::kUntrustedRoot:
      return "untrusted-root";
    case AttestError::kBindingMismatch:
      return "binding-mismatch";
    case AttestError::kImageNotAllowed:
      return "image-not-allowed";
    case AttestError::kStale:
      return "stale";
    case AttestError::kWrongNetwork:
      return "wrong-network";
    case AttestError::kForbiddenConfig:
      return "forbidden-config";
    case AttestError::kTdAttributes:
      return "td-attributes";
    case AttestError::kPolicyIncomplete:
      return "policy-incomplete";
    case AttestError::kUnknownBlock:
      return "unknown-block";
    case AttestError::kWrongRole:
      return "wrong-role";
    case AttestError::kConfigMismatch:
      return "config-mismatch";
    case AttestError::kCollateral:
      return "collateral";
    case AttestError::kPlatform:
      return "platform";
    case AttestError::kTcbStatus:
      return "tcb-status";
    case AttestError::kBanned:
      return "banned";
    case AttestError::kNoCollateral:
      return "no-collateral";
    case AttestError::kGpu:
      return "gpu";
  }
  return kOther;
}

std::string_view name_of(IntelError code) {
  switch (code) {
    case IntelError::kMalformed:
      return "malformed";
    case IntelError::kUnsupported:
      return "unsupported";
    case IntelError::kBadSignature:
      return "bad-signature";
    case IntelError::kUntrustedRoot:
      return "untrusted-root";
    case IntelError::kBadCollateral:
      return "bad-collateral";
    case IntelError::kCollateralMismatch:
      return "collateral-mismatch";
    case IntelError::kPlatformMismatch:
      return "fmspc-mismatch";
    case IntelError::kModuleMismatch:
      return "tdx-module-mismatch";
    case IntelError::kQeIdentityMismatch:
      return "qe-identity-mismatch";
    case IntelError::kNotYetValid:
      return "not-yet-valid";
    case IntelError::kExpired:
      return "expired";
    case IntelError::kRevoked:
      return "revoked";
  }
  return kOther;
}

std::string_view name_of(AmdError code) {
  switch (code) {
    case AmdError::kMalformed:
      return "malformed";
    case AmdError::kUnsupported:
      return "unsupported";
    case AmdError::kBadSignature:
      return "bad-signature";
    case AmdError::kUntrustedRoot:
      return "untrusted-root";
    case AmdError::kTcbMismatch:
      return "tcb-mismatch";
    case AmdError::kWrongChip:
      return "wrong-chip";
    case AmdError::kRefusedProduct:
      return "refused-product";
    case AmdError::kGuestPolicy:
      return "guest-policy";
    case AmdError::kTcbTooOld:
      return "tcb-too-old";
  }
  return kOther;
}

std::string_view name_of(NvidiaError code) {
  switch (code) {
    case NvidiaError::kMalformed:
      return "malformed";
    case NvidiaError::kUnsupported:
      return "unsupported";
    case NvidiaError::kBadSignature:
      return "bad-signature";
    case NvidiaError::kUntrustedRoot:
      return "untrusted-root";
    case NvidiaError::kFirmwareMismatch:
      return "firmware-mismatch";
    case NvidiaError::kBindingMismatch:
      return "binding-mismatch";
    case NvidiaError::kNoGolden:
      return "no-golden-measurements";
    case NvidiaError::kMeasurementMismatch:
      return "measurement-mismatch";
    case NvidiaError::kMode:
      return "mode";
    case NvidiaError::kVersion:
      return "version-not-allowed";
  }
  return kOther;
}

}  // namespace

std::string_view reason_code(const Error& reason) {
  if (reason.library() == Library::kAttest) {
    return name_of(static_cast<AttestError>(reason.code()));
  }
  if (reason.library() == Library::kAttestIntel) {
    return name_of(static_cast<IntelError>(reason.code()));
  }
  if (reason.library() == Library::kAttestAmd) {
    return name_of(static_cast<AmdError>(reason.code()));
  }
  if (reason.library() == Library::kAttestNvidia) {
    return name_of(static_cast<NvidiaError>(reason.code()));
  }
  return kOther;
}

std::string reason_text(const Error& reason) {
  return std::string(reason_code(reason)) + ": " + reason.message();
}

}  // namespace cocoon::attest
