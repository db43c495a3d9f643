#pragma once

#include "base/strong.h"

namespace cocoon::attest {

// The one masterchain block that a light client believes without proof: a key block, or the first
// one of its network. Both hashes are TON's (tonNode.blockIdExt).
struct TrustedBlock {
  Seqno seqno;
  BlockHash root_hash;
  BlockFileHash file_hash;

  auto operator<=>(const TrustedBlock&) const = default;
};

}  // namespace cocoon::attest
