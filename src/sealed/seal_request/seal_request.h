#pragma once

#include <vector>

#include "sealed/format/envelope.h"
#include "sealed/schedule/keys.h"
#include "sealed/schedule/plaintext.h"

namespace cocoon::sealed {

// A worker that may open the request. The caller has verified its evidence.
struct Candidate {
  Kid kid;
  crypto::X25519PublicKey public_key;
  TermsHash terms_hash;
};

// The header's fields that the client chooses.
struct RequestTerms {
  RequestId request_id;  // drawn fresh
  UnixSeconds expires;   // at most kValiditySecondsMax ahead
  std::uint32_t max_output_tokens = 0;
  NanoTon max_price;
  ModelHash model_hash;
};

// Fresh random bytes, used for one envelope and wiped with it.
struct RequestEntropy {
  ContentKey cek;
  std::vector<SecretArray<32>> ephemeral_keys;  // X25519 private keys, one for each candidate
};

struct SealedRequest {
  Bytes envelope;                       // application/cocoon-request
  std::vector<ResponseSecret> secrets;  // one for each candidate, in the candidates' order
};

// Seals once and wraps the content key for each candidate, in the order given. kBadArgument: no
// candidate, more than kCandidatesMax, one twice, an unusable key, entropy of another number, or a
// plaintext outside its grammar.
[[nodiscard]] Result<SealedRequest> seal_request(const RequestTerms& terms,
                                                 const RequestPlaintext& plaintext,
                                                 const std::vector<Candidate>& candidates,
                                                 RequestEntropy entropy);

}  // namespace cocoon::sealed
