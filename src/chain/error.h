#pragma once

#include "base/result.h"

namespace cocoon::chain {

enum class ChainError : std::uint16_t {
  kUnreadable = 1,    // the file is missing, unreadable or over its bound
  kMalformed = 2,     // not the file's closed schema
  kForbidden = 3,     // a file where only the chain's own proofs count: any network but the devnet
  kUnknownBlock = 4,  // a block that is not, or no longer, kept
  kUnwritable = 5,    // the file could not be replaced
};
constexpr Library library_of(ChainError) { return Library::kChain; }

}  // namespace cocoon::chain
