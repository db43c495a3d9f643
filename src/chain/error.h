#pragma once

#include "base/result.h"

namespace cocoon::chain {

enum class ChainError : std::uint16_t {
  kMalformed = 2,      // not the file's closed schema
  kForbidden = 3,      // a file where only the chain's own proofs count: any network but the devnet
  kUnknownBlock = 4,   // a block that is not, or no longer, kept
  kUnreachable = 6,    // a lite-server that does not answer, or not as ADNL says
  kStale = 7,          // the newest proven block is older than it may be
  kFork = 8,           // two proven blocks of one number: validators signed both
  kNotSeen = 9,        // a message that no proven state shows yet
  kOtherNetwork = 10,  // blocks that say they are of another network than the configured one
  kBadRegistry = 11,   // proven: there is no registry that counts at its address
};
constexpr Library library_of(ChainError) { return Library::kChain; }

}  // namespace cocoon::chain
