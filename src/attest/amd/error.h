#pragma once

#include "base/result.h"

namespace cocoon::attest::amd {

enum class AmdError : std::uint16_t {
  kMalformed = 1,       // not the format
  kUnsupported = 2,     // a version, algorithm or key that this verifier does not know
  kBadSignature = 3,    // report or certificate signature, or a certificate outside its validity
  kUntrustedRoot = 4,   // the chain ends in a root outside the caller's list
  kTcbMismatch = 5,     // the key was made for another firmware than the report states
  kWrongChip = 6,       // the key is another chip's, or another product's, than the report's
  kRefusedProduct = 7,  // a processor that the policy does not name, or one that is never accepted
  kGuestPolicy = 8,     // debug, migratable, not VMPL 0, …
  kTcbTooOld = 9,       // firmware below the policy's floor
};
constexpr Library library_of(AmdError) { return Library::kAttestAmd; }

}  // namespace cocoon::attest::amd
