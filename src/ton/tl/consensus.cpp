#include "ton/tl/consensus.h"

#include "crypto/hash.h"

namespace cocoon::ton {
namespace {

constexpr std::uint32_t kPubEd25519 = tl_id("pub.ed25519 key:int256 = PublicKey");
constexpr std::uint32_t kTonBlockId =
    tl_id("ton.blockId root_cell_hash:int256 file_hash:int256 = ton.BlockId");
constexpr std::uint32_t kDataToSign =
    tl_id("consensus.dataToSign session_id:int256 data:bytes = consensus.DataToSign");
constexpr std::uint32_t kFinalizeVote = tl_id(
    "consensus.simplex.finalizeVote id:consensus.CandidateId = consensus.simplex.UnsignedVote");
constexpr std::uint32_t kCandidateId =
    tl_id("consensus.candidateId slot:int hash:int256 = consensus.CandidateId");
constexpr std::uint32_t kHashDataOrdinary = tl_id(
    "consensus.candidateHashDataOrdinary block:tonNode.blockIdExt collated_file_hash:int256 "
    "parent:consensus.CandidateParent = consensus.CandidateHashData");
constexpr std::uint32_t kHashDataEmpty = tl_id(
    "consensus.candidateHashDataEmpty block:tonNode.blockIdExt parent:consensus.candidateId = "
    "consensus.CandidateHashData");
constexpr std::uint32_t kParent =
    tl_id("consensus.candidateParent id:consensus.CandidateId = consensus.CandidateParent");
constexpr std::uint32_t kWithoutParents =
    tl_id("consensus.candidateWithoutParents = consensus.CandidateParent");

using OpaqueHash = Hash256<struct OpaqueHashTag>;

Status skip_slot_and_hash(TlReader& reader) {
  TRY_VOID(reader.u32());
  TRY_VOID(reader.tagged<OpaqueHash>());
  return {};
}

Status skip_parent(TlReader& reader) {
  TRY(const std::uint32_t parent, reader.u32());
  if (parent == kWithoutParents) return {};
  if (parent != kParent)
    return fail(TonError::kUnknown, "a consensus candidate with an unknown parent");
  TRY_VOID(reader.expect(kCandidateId, "consensus.candidateId"));
  return skip_slot_and_hash(reader);
}

// The block that a candidate is for.
Result<BlockId> candidate_block(BytesView candidate) {
  TlReader reader(candidate);
  TRY(const std::uint32_t id, reader.u32());
  if (id != kHashDataOrdinary && id != kHashDataEmpty) {
    return fail(TonError::kUnknown, "a consensus candidate of an unknown kind");
  }
  TRY(const BlockId block, read_block_id(reader));
  if (id == kHashDataOrdinary) {
    TRY_VOID(reader.tagged<OpaqueHash>());
    TRY_VOID(skip_parent(reader));
  } else {
    TRY_VOID(skip_slot_and_hash(reader));
  }
  TRY_VOID(reader.expect_end());
  return block;
}

}  // namespace

NodeIdShort node_id_of(const crypto::Ed25519PublicKey& key) {
  const Bytes id = std::move(TlWriter().u32(kPubEd25519).raw(key.view())).take();
  return NodeIdShort(crypto::sha256(BytesView(id)));
}

Bytes ordinary_signed_bytes(const BlockId& block) {
  return std::move(
             TlWriter().u32(kTonBlockId).raw(block.root_hash.view()).raw(block.file_hash.view()))
      .take();
}

Result<Bytes> simplex_signed_bytes(const SimplexSession& session, const BlockId& block) {
  TRY(const BlockId named, candidate_block(session.candidate));
  if (named != block) return fail(TonError::kBadProof, "the signed candidate is for another block");
  const auto candidate_hash = crypto::sha256(session.candidate);
  const Bytes vote =
      std::move(
          TlWriter().u32(kFinalizeVote).u32(kCandidateId).u32(session.slot).raw(candidate_hash))
          .take();
  return std::move(TlWriter().u32(kDataToSign).raw(session.session_id.view()).bytes(vote)).take();
}

}  // namespace cocoon::ton
