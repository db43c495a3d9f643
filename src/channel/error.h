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
  kUnacceptable = 7,  // parameters or limits that this end does not work under
  kClosing = 8,       // no new work: the channel closes, or both agreed to
  kBusy = 9,          // more open requests than the limit, or some where there may be none
  kExposure = 10,     // it would put more at stake than this end allows
  kDeposit = 11,      // the deposit, or what storage left of it, does not cover it: top up
  kUncovered = 12,    // the voucher does not cover it: the payer has to sign more
  kConflict = 13,     // contradicts what is known already
  kUnknownRequest = 14,
  kOverbilled = 15,  // more than was authorised
};
constexpr Library library_of(ChannelError) { return Library::kChannel; }

}  // namespace cocoon::channel
