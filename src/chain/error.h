#pragma once

#include "base/result.h"

namespace cocoon::chain {

enum class ChainError : std::uint16_t {
  kMalformed = 2,     // not the file's closed schema
  kForbidden = 3,     // a file where only the chain's own proofs count: any network but the devnet
  kUnknownBlock = 4,  // a block that is not, or no longer, kept
};
constexpr Library library_of(ChainError) { return Library::kChain; }

}  // namespace cocoon::chain
