#include "ton/proof/signatures.h"

#include <unordered_map>

#include "ton/tl/consensus.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> bad(const char* what) { return fail(TonError::kBadSignature, what); }

}  // namespace

Result<SignedWeight> check_signatures(const SignatureSet& set, const ValidatorSession& session,
                                      const BlockId& block) {
  Bytes message;
  if (set.simplex) {
    TRY(message, simplex_signed_bytes(*set.simplex, block));
  } else {
    message = ordinary_signed_bytes(block);
  }
  std::unordered_map<NodeIdShort, const Validator*> unsigned_yet;
  for (const Validator& validator : session.validators) {
    if (!unsigned_yet.emplace(node_id_of(validator.key), &validator).second) {
      return bad("a validator is in the session twice");
    }
  }
  // Who signs and with what weight is settled before any signature is verified, which is the dear
  // part.
  SignedWeight sum;
  std::vector<const Validator*> signers;
  for (const LiteSignature& signature : set.signatures) {
    const auto signer = unsigned_yet.find(signature.node);
    if (signer == unsigned_yet.end())
      return bad("a signature of nobody in the session, or a second one");
    signers.push_back(signer->second);
    sum.weight +=
        signer->second->weight;  // each once, so at most the session's weight, which is below 2^61
    ++sum.signatures;
    unsigned_yet.erase(signer);
  }
  if (sum.weight * 3 <= session.total_weight * 2) return bad("signatures of too little weight");
  for (std::size_t i = 0; i < signers.size(); ++i) {
    if (!crypto::verify_ed25519(signers[i]->key, message, set.signatures[i].signature)) {
      return bad("a validator's signature does not verify");
    }
  }
  return sum;
}

}  // namespace cocoon::ton
