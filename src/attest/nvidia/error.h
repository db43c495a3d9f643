#pragma once

#include "base/result.h"

namespace cocoon::attest::nvidia {

enum class NvidiaError : std::uint16_t {
  kMalformed = 1,         // not the format
  kUnsupported = 2,       // a version, message or mode that this verifier does not know
  kBadSignature = 3,      // report or certificate signature, or a certificate outside its validity
  kUntrustedRoot = 4,     // the chain ends in a root outside the caller's list
  kFirmwareMismatch = 5,  // the report's FWID is not its certificate's
  kBindingMismatch = 6,   // the report was asked for with another nonce
  kNoGolden = 7,          // the golden set has nothing for this driver or VBIOS
  kMeasurementMismatch = 8,  // a measurement that no golden value allows
  kMode = 9,                 // not a single confidential GPU
  kVersion = 10,             // a driver or VBIOS that the policy does not name
};
constexpr Library library_of(NvidiaError) { return Library::kAttestNvidia; }

}  // namespace cocoon::attest::nvidia
