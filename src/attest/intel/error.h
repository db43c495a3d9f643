#pragma once

#include "base/result.h"

namespace cocoon::attest::intel {

enum class IntelError : std::uint16_t {
  kMalformed = 1,      // not the format
  kUnsupported = 2,    // a version, type or platform that this verifier does not know
  kBadSignature = 3,   // quote, QE report or certificate signature
  kUntrustedRoot = 4,  // the chain ends in a root outside the caller's list
};
constexpr Library library_of(IntelError) { return Library::kAttestIntel; }

}  // namespace cocoon::attest::intel
