#pragma once

#include <string>

#include "base/strong.h"
#include "codec/toml_table.h"

namespace cocoon::attest {

// The one masterchain block that a light client believes without proof: a key block, or the first
// one of its network. Both hashes are TON's (tonNode.blockIdExt).
struct TrustedBlock {
  Seqno seqno;
  BlockHash root_hash;
  BlockFileHash file_hash;

  auto operator<=>(const TrustedBlock&) const = default;
};

// `seqno`, `root_hash`, `file_hash` of a table that has nothing else.
[[nodiscard]] Result<TrustedBlock> read_trusted_block(codec::TomlTable table);
// The same keys, one a line, without a table header.
[[nodiscard]] std::string write_trusted_block(const TrustedBlock& block);

}  // namespace cocoon::attest
