#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/keys.h"
#include "ton/tl/block_id.h"

// What lite-servers answer (lite_api.tl). Parsing says nothing of truth; `ton/proof` does. Byte
// strings are borrowed from the answer's buffer. Every parser refuses another constructor and
// trailing bytes.
namespace cocoon::ton {

inline constexpr std::size_t kLinksMax = 256;
inline constexpr std::size_t kSignaturesMax = 1024;
inline constexpr std::size_t kTransactionsMax = 64;

using NodeIdShort = Hash256<struct NodeIdShortTag>;  // SHA-256 of pub.ed25519 in TL

// liteServer.signature node_id_short:int256 signature:bytes = liteServer.Signature
struct LiteSignature {
  NodeIdShort node;
  crypto::Ed25519Signature signature;
};

// liteServer.signatureSet.simplex … session_id:int256 slot:int candidate:bytes =
// liteServer.SignatureSet
struct SimplexSession {
  Hash256<struct SessionIdTag> session_id;
  std::uint32_t slot = 0;
  BytesView candidate;  // consensus.CandidateHashData
};

// liteServer.signatureSet.ordinary#f644a6e6 validator_set_hash:int catchain_seqno:int
//   signatures:(vector liteServer.signature) = liteServer.SignatureSet, or simplex
struct SignatureSet {
  std::uint32_t validator_set_hash = 0;
  std::uint32_t catchain_seqno = 0;
  std::vector<LiteSignature> signatures;
  std::optional<SimplexSession> simplex;
};

// liteServer.blockLinkForward to_key_block:Bool from to dest_proof:bytes config_proof:bytes
// signatures
struct ForwardLink {
  bool to_key_block = false;
  BlockId from;
  BlockId to;
  BytesView dest_proof;
  BytesView config_proof;
  SignatureSet signatures;
};

// liteServer.blockLinkBack to_key_block:Bool from to dest_proof:bytes proof:bytes state_proof:bytes
struct BackLink {
  bool to_key_block = false;
  BlockId from;
  BlockId to;
};

// liteServer.partialBlockProof complete:Bool from to steps:(vector liteServer.BlockLink)
struct PartialBlockProof {
  bool complete = false;
  BlockId from;
  BlockId to;
  std::vector<std::variant<ForwardLink, BackLink>> steps;
};
[[nodiscard]] Result<PartialBlockProof> parse_partial_block_proof(BytesView answer);

// liteServer.accountState id shardblk shard_proof:bytes proof:bytes state:bytes
struct AccountStateAnswer {
  BlockId block;
  BlockId shard_block;
  BytesView shard_proof;
  BytesView proof;
  BytesView state;
};
[[nodiscard]] Result<AccountStateAnswer> parse_account_state(BytesView answer);

// liteServer.masterchainInfo last:tonNode.blockIdExt state_root_hash:int256
// init:tonNode.zeroStateIdExt
struct MasterchainInfo {
  BlockId last;
  CellHash zerostate_root_hash;
};
[[nodiscard]] Result<MasterchainInfo> parse_masterchain_info(BytesView answer);

// liteServer.transactionList ids:(vector tonNode.blockIdExt) transactions:bytes
struct TransactionListAnswer {
  std::vector<BlockId> blocks;
  BytesView transactions;
};
[[nodiscard]] Result<TransactionListAnswer> parse_transaction_list(BytesView answer);

// liteServer.blockHeader id:tonNode.blockIdExt mode:# header_proof:bytes
struct BlockHeaderAnswer {
  BlockId id;
  BytesView header_proof;
};
[[nodiscard]] Result<BlockHeaderAnswer> parse_block_header(BytesView answer);

// liteServer.sendMsgStatus status:int
[[nodiscard]] Result<std::uint32_t> parse_send_status(BytesView answer);

// liteServer.error code:int message:string: the answer instead of any other.
struct LiteError {
  std::int32_t code = 0;
  std::string message;
};
// Nothing if the answer is no error.
[[nodiscard]] Result<std::optional<LiteError>> parse_lite_error(BytesView answer);

// Which of the answers above a recording holds.
enum class AnswerKind : std::uint8_t { kPartialBlockProof, kAccountState, kOther };
[[nodiscard]] AnswerKind kind_of_answer(BytesView answer);

}  // namespace cocoon::ton
