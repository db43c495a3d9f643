#include "ton/proof/merkle.h"

#include "ton/cell/boc.h"

namespace cocoon::ton {

Result<CellRef> open_merkle_proof(const CellRef& proof) {
  if (proof->kind() != CellKind::kMerkleProof)
    return fail(TonError::kBadProof, "not a Merkle proof");
  return proof->refs()[0];
}

Result<CellRef> parse_merkle_proof(BytesView boc) {
  TRY(const CellRef proof, parse_boc_root(boc));
  return open_merkle_proof(proof);
}

Result<Block> proven_block(const CellRef& root, const BlockId& id) {
  if (root->hash(0) != id.root_hash)
    return fail(TonError::kBadProof, "the proof is of another block");
  TRY(Block block, read_block(root));
  if (block.info.seqno != id.seqno || block.info.shard != ShardIdent{id.workchain, id.shard}) {
    return fail(TonError::kBadProof, "the block has another number or shard than its name says");
  }
  return block;
}

}  // namespace cocoon::ton
