#pragma once

#include <cstdint>
#include <vector>

#include "base/money.h"
#include "base/strong.h"
#include "crypto/keys.h"
#include "provenance/answer_status.h"
#include "provenance/commitment.h"
#include "provenance/error.h"

namespace cocoon::provenance {

struct TokenUsage {
  TokenCount input;
  TokenCount cached;  // part of input
  TokenCount output;
  TokenCount reasoning;  // part of output
  bool operator==(const TokenUsage&) const = default;
};

inline constexpr std::size_t kReceiptParentsMax = 64;

// What a worker states about one answer (docs/formats/receipt.md).
struct Receipt {
  RequestId request_id;
  Kid kid;
  ImageHash image_hash;
  ModelHash model_hash;
  ParamsCommitment params;
  PromptCommitment prompt;
  OutputCommitment output;
  TokenUsage tokens;
  UnixMillis started_at;
  UnixMillis ended_at;
  AnswerStatus status = AnswerStatus::kError;
  TermsHash terms_hash;
  NanoTon price;
  std::vector<ReceiptHash> parents;  // receipts this answer builds on, in the order the client gave
  Seqno masterchain_seqno;

  // The payload: deterministic CBOR. Fails where decode would: times that run backward, parts
  // greater than their whole, too many parents or one twice.
  [[nodiscard]] Result<Bytes> encode() const;
  [[nodiscard]] static Result<Receipt> decode(BytesView payload);

  bool operator==(const Receipt&) const = default;
};

// COSE_Sign1 over the payload with the receipt's own context as external_aad: a receipt's signature
// is good for nothing else.
[[nodiscard]] Result<Bytes> sign_receipt(const Receipt& receipt,
                                         const crypto::Ed25519KeyPair& identity);

// Accepts only the one encoding that sign_receipt makes, so that a receipt has one hash. Whether
// `identity` belongs to the receipt's kid is for the caller to know: the verified statement says
// so.
[[nodiscard]] Result<Receipt> verify_receipt(BytesView signed_receipt,
                                             const crypto::Ed25519PublicKey& identity);

// What a document says that has the form of a signed receipt, whoever signed it.
[[nodiscard]] Result<Receipt> parse_unverified_receipt(BytesView signed_receipt);

// SHA-256 of the signed bytes: the receipt's name in bills, logs and parents.
[[nodiscard]] ReceiptHash receipt_hash(BytesView signed_receipt);

}  // namespace cocoon::provenance
