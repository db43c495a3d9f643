#pragma once

#include "base/result.h"

namespace cocoon::attest::eventlog {

enum class EventLogError : std::uint16_t {
  kMalformed = 1,       // not the format
  kTooLarge = 2,        // more bytes or events than any machine writes
  kUnsupported = 3,     // no SHA-384 digests
  kReplayMismatch = 4,  // the events do not add up to the registers
};
constexpr Library library_of(EventLogError) { return Library::kAttestEventLog; }

}  // namespace cocoon::attest::eventlog
