#pragma once

#include "base/result.h"

namespace cocoon::ton {

// Errors of every room of ton.
enum class TonError : std::uint16_t {
  kMalformed = 1,     // bytes or cells that are not what their format says
  kLimit = 2,         // over a bound of limits.h
  kPruned = 3,        // the proof leaves out what is needed
  kUnknown = 4,       // a constructor this library does not know: never guessed at
  kBadProof = 5,      // a proof that does not prove what it should
  kBadSignature = 6,  // a validator's signature that does not verify, or too little weight
  kBadAddress = 7,
  kBadPhrase = 8,      // not a recovery phrase
  kServer = 9,         // the lite-server answered with an error
  kBrokenStream = 10,  // an ADNL stream that is out of step or was tampered with
};
constexpr Library library_of(TonError) { return Library::kTon; }

}  // namespace cocoon::ton
