#include "ton/proof/block_proof.h"

#include "ton/proof/merkle.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> bad(const char* what) { return fail(TonError::kBadProof, what); }

// The configuration of the key block that a link starts from, or of the zero state.
Result<CellRef> source_config(const ForwardLink& link) {
  TRY(const CellRef root, parse_merkle_proof(link.config_proof));
  if (link.from.seqno > 0) {
    TRY(const Block block, proven_block(root, link.from));
    return key_block_config(block);
  }
  if (root->hash(0) != link.from.root_hash) return bad("the proof is of another zero state");
  TRY(const ShardState state, read_shard_state(root));
  return state_config(state);
}

}  // namespace

Result<CheckedLink> check_link(const ForwardLink& link) {
  if (!link.from.is_masterchain() || !link.to.is_masterchain())
    return bad("a link outside the masterchain");
  if (link.from.seqno >= link.to.seqno) return bad("a link that does not lead forward");
  if (link.dest_proof.empty()) return bad("a link without a proof of its destination's header");
  TRY(const CellRef destination_root, parse_merkle_proof(link.dest_proof));
  TRY(const Block destination, proven_block(destination_root, link.to));
  if (destination.info.is_key_block != link.to_key_block)
    return bad("a link at odds with its destination's header");
  const SignatureSet& set = link.signatures;
  if (set.catchain_seqno != destination.info.catchain_seqno ||
      set.validator_set_hash != destination.info.validator_set_hash) {
    return bad("signatures of another session than the block's");
  }
  TRY(const CellRef config, source_config(link));
  TRY(const ValidatorSession session, masterchain_session(config, destination.info.catchain_seqno));
  if (session.short_hash != destination.info.validator_set_hash)
    return bad("the block is of other validators");
  TRY(const SignedWeight signed_by, check_signatures(set, session, link.to));
  return CheckedLink{
      .from = link.from,
      .to = link.to,
      .to_key_block = link.to_key_block,
      .generated_at = destination.info.generated_at,
      .global_id = destination.global_id,
      .end_lt = destination.info.end_lt,
      .kind = set.simplex ? SignatureKind::kSimplex : SignatureKind::kOrdinary,
      .validators = session.validators.size(),
      .signed_by = signed_by,
      .total_weight = session.total_weight,
  };
}

Result<CheckedChain> check_block_proof(const PartialBlockProof& proof) {
  CheckedChain chain{.from = proof.from, .to = proof.to, .complete = proof.complete, .links = {}};
  if (!proof.from.is_masterchain() || !proof.to.is_masterchain())
    return bad("a block proof outside the masterchain");
  BlockId reached = proof.from;
  for (const auto& step : proof.steps) {
    const auto* const link = std::get_if<ForwardLink>(&step);
    if (link == nullptr) return bad("a link backward: trust goes forward only");
    if (link->from != reached) return bad("links that do not join");
    TRY(chain.links.emplace_back(), check_link(*link));
    reached = link->to;
  }
  if (reached != proof.to) return bad("a chain that ends elsewhere than it says");
  return chain;
}

Result<CheckedChain> check_block_proof(const PartialBlockProof& proof, const BlockId& known) {
  if (proof.from != known) return bad("a block proof from another block than the known one");
  return check_block_proof(proof);
}

}  // namespace cocoon::ton
