#pragma once

#include "base/result.h"

namespace cocoon::attest::intel {

enum class IntelError : std::uint16_t {
  kMalformed = 1,           // not the format
  kUnsupported = 2,         // a version, type or platform that this verifier does not know
  kBadSignature = 3,        // quote, QE report or certificate signature
  kUntrustedRoot = 4,       // the chain ends in a root outside the caller's list
  kBadCollateral = 5,       // collateral that is malformed inside, or whose signatures do not hold
  kCollateralMismatch = 6,  // collateral of another kind or another platform model
  kPlatformMismatch = 7,    // the FMSPC or PCEID is another than the TCB info's
  kModuleMismatch = 8,      // a TDX module that the TCB info does not know, or not Intel's
  kQeIdentityMismatch = 9,  // not the quoting enclave that the QE identity describes
  kNotYetValid = 10,        // a certificate or collateral is from later than the time of judgement
  kExpired = 11,            // a certificate or collateral is past its end
  kRevoked = 12,            // a certificate of the quote or the collateral is revoked
};
constexpr Library library_of(IntelError) { return Library::kAttestIntel; }

}  // namespace cocoon::attest::intel
