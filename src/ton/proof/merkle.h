#pragma once

#include "ton/block/block.h"

namespace cocoon::ton {

// The tree inside a Merkle proof (!merkle_proof#03), parts of it pruned. Its hash(0) is the hash of
// the whole tree: cells below it are as true as that hash. kBadProof if the cell is no Merkle
// proof.
[[nodiscard]] Result<CellRef> open_merkle_proof(const CellRef& proof);
// The same of a bag of cells with one such root.
[[nodiscard]] Result<CellRef> parse_merkle_proof(BytesView boc);

// A block whose root hash, seqno and shard are those of `id`, out of a Merkle proof of it.
// kBadProof otherwise.
[[nodiscard]] Result<Block> proven_block(const CellRef& root, const BlockId& id);

}  // namespace cocoon::ton
