#pragma once

#include "base/result.h"

namespace cocoon::sealed {

enum class SealedError : std::uint16_t {
  kTruncated = 1,        // a prefix that more bytes could complete
  kMalformed = 2,        // not the format, whatever bytes follow
  kUnsupported = 3,      // of the format, but not served: version, suite, shaping, tickets
  kTooLarge = 4,         // above a limit of format/envelope.h or format/stream.h
  kExpired = 5,          // `expires` is past, or further ahead than a request may be valid
  kReplayed = 6,         // this request id was seen before
  kReplayGuardFull = 7,  // no room to remember another request id
  kWrongRecipient = 8,   // wrapped for, or answered by, a worker that was not meant
  kOpenFailed = 9,       // does not authenticate
  kUnfinished = 10,      // the stream stopped before its end frame
  kClosed = 11,          // used after the end or after a failure
  kBadArgument = 12,     // the caller's own input cannot be sealed
};
constexpr Library library_of(SealedError) { return Library::kSealed; }

}  // namespace cocoon::sealed
