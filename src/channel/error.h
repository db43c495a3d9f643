#pragma once

#include "base/result.h"

namespace cocoon::channel {

enum class ChannelError : std::uint16_t {
  kMalformed = 1,           // not the format
  kUnsupportedVersion = 2,  // a version that this code does not know
  kAmount = 3,              // an amount that the programs do not handle: 2^63 nano or more
  kBadSignature = 4,
  kOtherChannel = 5,  // of another network, address or epoch, or under other parameters
  kNotAChannel = 6,   // an account that is absent, or another contract
};
constexpr Library library_of(ChannelError) { return Library::kChannel; }

}  // namespace cocoon::channel
