#include "ton/tl/lite_answers.h"

#include <algorithm>

namespace cocoon::ton {
namespace {

constexpr std::uint32_t kSignaturesOrdinary = 0xf644a6e6;  // given in the declaration
constexpr std::uint32_t kSignaturesSimplex = tl_id(
    "liteServer.signatureSet.simplex cc_seqno:int validator_set_hash:int signatures:(vector "
    "liteServer.signature) "
    "session_id:int256 slot:int candidate:bytes = liteServer.SignatureSet");
constexpr std::uint32_t kBlockLinkBack = tl_id(
    "liteServer.blockLinkBack to_key_block:Bool from:tonNode.blockIdExt to:tonNode.blockIdExt "
    "dest_proof:bytes "
    "proof:bytes state_proof:bytes = liteServer.BlockLink");
constexpr std::uint32_t kBlockLinkForward = tl_id(
    "liteServer.blockLinkForward to_key_block:Bool from:tonNode.blockIdExt to:tonNode.blockIdExt "
    "dest_proof:bytes "
    "config_proof:bytes signatures:liteServer.SignatureSet = liteServer.BlockLink");
constexpr std::uint32_t kPartialBlockProof = tl_id(
    "liteServer.partialBlockProof complete:Bool from:tonNode.blockIdExt to:tonNode.blockIdExt "
    "steps:(vector liteServer.BlockLink) = liteServer.PartialBlockProof");
constexpr std::uint32_t kAccountState = tl_id(
    "liteServer.accountState id:tonNode.blockIdExt shardblk:tonNode.blockIdExt shard_proof:bytes "
    "proof:bytes "
    "state:bytes = liteServer.AccountState");
constexpr std::uint32_t kMasterchainInfo = tl_id(
    "liteServer.masterchainInfo last:tonNode.blockIdExt state_root_hash:int256 "
    "init:tonNode.zeroStateIdExt = "
    "liteServer.MasterchainInfo");
constexpr std::uint32_t kTransactionList = tl_id(
    "liteServer.transactionList ids:(vector tonNode.blockIdExt) transactions:bytes = "
    "liteServer.TransactionList");
constexpr std::uint32_t kBlockHeader = tl_id(
    "liteServer.blockHeader id:tonNode.blockIdExt mode:# header_proof:bytes = "
    "liteServer.BlockHeader");
constexpr std::uint32_t kSendMsgStatus =
    tl_id("liteServer.sendMsgStatus status:int = liteServer.SendMsgStatus");
constexpr std::uint32_t kError =
    tl_id("liteServer.error code:int message:string = liteServer.Error");

Result<std::vector<LiteSignature>> read_signatures(TlReader& reader) {
  TRY(const std::size_t count, reader.count(kSignaturesMax));
  std::vector<LiteSignature> signatures(count);
  for (LiteSignature& signature : signatures) {
    TRY(signature.node, reader.tagged<NodeIdShort>());
    TRY(const BytesView bytes, reader.bytes());
    TRY(signature.signature, crypto::Ed25519Signature::from(bytes));
  }
  return signatures;
}

Result<SignatureSet> read_signature_set(TlReader& reader) {
  TRY(const std::uint32_t id, reader.u32());
  SignatureSet set;
  if (id == kSignaturesOrdinary) {
    TRY(set.validator_set_hash, reader.u32());
    TRY(set.catchain_seqno, reader.u32());
    TRY(set.signatures, read_signatures(reader));
    return set;
  }
  if (id != kSignaturesSimplex) return fail(TonError::kUnknown, "signatures of an unknown kind");
  TRY(set.catchain_seqno, reader.u32());
  TRY(set.validator_set_hash, reader.u32());
  TRY(set.signatures, read_signatures(reader));
  SimplexSession& session = set.simplex.emplace();
  TRY(session.session_id, reader.tagged<Hash256<struct SessionIdTag>>());
  TRY(session.slot, reader.u32());
  TRY(session.candidate, reader.bytes());
  return set;
}

Result<std::variant<ForwardLink, BackLink>> read_link(TlReader& reader) {
  TRY(const std::uint32_t id, reader.u32());
  if (id == kBlockLinkForward) {
    ForwardLink link;
    TRY(link.to_key_block, reader.boolean());
    TRY(link.from, read_block_id(reader));
    TRY(link.to, read_block_id(reader));
    TRY(link.dest_proof, reader.bytes());
    TRY(link.config_proof, reader.bytes());
    TRY(link.signatures, read_signature_set(reader));
    return link;
  }
  if (id != kBlockLinkBack) return fail(TonError::kUnknown, "a block link of an unknown kind");
  BackLink link;
  TRY(link.to_key_block, reader.boolean());
  TRY(link.from, read_block_id(reader));
  TRY(link.to, read_block_id(reader));
  for (int proof = 0; proof < 3; ++proof) TRY_VOID(reader.bytes());
  return link;
}

}  // namespace

Result<PartialBlockProof> parse_partial_block_proof(BytesView answer) {
  TlReader reader(answer);
  TRY_VOID(reader.expect(kPartialBlockProof, "liteServer.partialBlockProof"));
  PartialBlockProof proof;
  TRY(proof.complete, reader.boolean());
  TRY(proof.from, read_block_id(reader));
  TRY(proof.to, read_block_id(reader));
  TRY(const std::size_t count, reader.count(kLinksMax));
  for (std::size_t i = 0; i < count; ++i) {
    TRY(proof.steps.emplace_back(), read_link(reader));
  }
  TRY_VOID(reader.expect_end());
  return proof;
}

Result<AccountStateAnswer> parse_account_state(BytesView answer) {
  TlReader reader(answer);
  TRY_VOID(reader.expect(kAccountState, "liteServer.accountState"));
  AccountStateAnswer state;
  TRY(state.block, read_block_id(reader));
  TRY(state.shard_block, read_block_id(reader));
  TRY(state.shard_proof, reader.bytes());
  TRY(state.proof, reader.bytes());
  TRY(state.state, reader.bytes());
  TRY_VOID(reader.expect_end());
  return state;
}

Result<MasterchainInfo> parse_masterchain_info(BytesView answer) {
  TlReader reader(answer);
  TRY_VOID(reader.expect(kMasterchainInfo, "liteServer.masterchainInfo"));
  MasterchainInfo info;
  TRY(info.last, read_block_id(reader));
  TRY_VOID(reader.tagged<CellHash>());
  TRY_VOID(reader.i32());
  TRY(info.zerostate_root_hash, reader.tagged<CellHash>());
  TRY_VOID(reader.tagged<FileHash>());
  TRY_VOID(reader.expect_end());
  return info;
}

Result<TransactionListAnswer> parse_transaction_list(BytesView answer) {
  TlReader reader(answer);
  TRY_VOID(reader.expect(kTransactionList, "liteServer.transactionList"));
  TransactionListAnswer list;
  TRY(const std::size_t count, reader.count(kTransactionsMax));
  for (std::size_t i = 0; i < count; ++i) {
    TRY(list.blocks.emplace_back(), read_block_id(reader));
  }
  TRY(list.transactions, reader.bytes());
  TRY_VOID(reader.expect_end());
  return list;
}

Result<BlockHeaderAnswer> parse_block_header(BytesView answer) {
  TlReader reader(answer);
  TRY_VOID(reader.expect(kBlockHeader, "liteServer.blockHeader"));
  BlockHeaderAnswer header;
  TRY(header.id, read_block_id(reader));
  TRY_VOID(reader.u32());
  TRY(header.header_proof, reader.bytes());
  TRY_VOID(reader.expect_end());
  return header;
}

Result<std::uint32_t> parse_send_status(BytesView answer) {
  TlReader reader(answer);
  TRY_VOID(reader.expect(kSendMsgStatus, "liteServer.sendMsgStatus"));
  TRY(const std::uint32_t status, reader.u32());
  TRY_VOID(reader.expect_end());
  return status;
}

Result<std::optional<LiteError>> parse_lite_error(BytesView answer) {
  TlReader reader(answer);
  TRY(const std::uint32_t id, reader.u32());
  if (id != kError) return std::optional<LiteError>();
  LiteError error;
  TRY(error.code, reader.i32());
  TRY(const BytesView message, reader.bytes());
  TRY_VOID(reader.expect_end());
  // A server's words go to people's screens: keep them short and printable.
  for (const char c : as_text(message.first(std::min<std::size_t>(message.size(), 200)))) {
    error.message += c >= ' ' && c <= '~' ? c : '?';
  }
  return std::optional(std::move(error));
}

AnswerKind kind_of_answer(BytesView answer) {
  const auto id = TlReader(answer).u32();
  if (!id) return AnswerKind::kOther;
  if (*id == kPartialBlockProof) return AnswerKind::kPartialBlockProof;
  if (*id == kAccountState) return AnswerKind::kAccountState;
  return AnswerKind::kOther;
}

}  // namespace cocoon::ton
