#pragma once

#include "ton/proof/signatures.h"

namespace cocoon::ton {

enum class SignatureKind : std::uint8_t { kOrdinary, kSimplex };

// A link that holds: the validators that key block `from` names signed block `to`.
struct CheckedLink {
  BlockId from;
  BlockId to;
  bool to_key_block = false;
  UnixSeconds generated_at;    // of `to`
  std::int32_t global_id = 0;  // of `to`
  std::uint64_t end_lt = 0;
  SignatureKind kind = SignatureKind::kOrdinary;
  std::size_t validators = 0;
  SignedWeight signed_by;
  std::uint64_t total_weight = 0;
};
// kBadProof for a link that is not strictly forward in the masterchain, has no proof of its
// destination's header, or whose source names no such session; kBadSignature; kUnknown and kPruned
// as they come.
[[nodiscard]] Result<CheckedLink> check_link(const ForwardLink& link);

// A chain of links from the block `known`, which the caller trusts, to `proof.to`.
struct CheckedChain {
  BlockId from;
  BlockId to;
  bool complete = false;  // the server says it reaches what was asked for
  std::vector<CheckedLink> links;
};
// Refuses links backward, links that do not join, and a chain that begins or ends elsewhere than it
// says.
[[nodiscard]] Result<CheckedChain> check_block_proof(const PartialBlockProof& proof);
[[nodiscard]] Result<CheckedChain> check_block_proof(const PartialBlockProof& proof,
                                                     const BlockId& known);

}  // namespace cocoon::ton
