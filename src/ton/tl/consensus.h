#pragma once

#include "ton/tl/lite_answers.h"

// What validators sign (ton_api.tl).
namespace cocoon::ton {

// The id of a validator's key: SHA-256 of pub.ed25519 key:int256 = PublicKey.
[[nodiscard]] NodeIdShort node_id_of(const crypto::Ed25519PublicKey& key);

// What an ordinary signature is over: ton.blockId root_cell_hash:int256 file_hash:int256 =
// ton.BlockId.
[[nodiscard]] Bytes ordinary_signed_bytes(const BlockId& block);

// What a simplex signature is over: consensus.dataToSign session_id:int256 data:bytes, whose data
// is a consensus.simplex.finalizeVote of the candidate's id, the candidate being a
// consensus.candidateHashDataOrdinary or …Empty that names this very block. kUnknown for another
// candidate, kBadProof for another block.
[[nodiscard]] Result<Bytes> simplex_signed_bytes(const SimplexSession& session,
                                                 const BlockId& block);

}  // namespace cocoon::ton
