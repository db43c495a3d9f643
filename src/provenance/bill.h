#pragma once

#include <cstdint>

#include "base/money.h"
#include "base/strong.h"
#include "crypto/keys.h"
#include "provenance/receipt.h"

namespace cocoon::provenance {

inline constexpr std::uint64_t kInputBucketTokens = 256;
inline constexpr std::uint64_t kOutputBucketTokens = 64;

// Token counts as whoever handles the money sees them: coarse, so that they tell little of the
// text. Wholes are rounded up, parts of them down, so that no part exceeds its whole.
struct TokenBuckets {
  std::uint64_t input = 0;      // of 256 tokens, rounded up
  std::uint64_t cached = 0;     // part of input, rounded down
  std::uint64_t output = 0;     // of 64 tokens, rounded up
  std::uint64_t reasoning = 0;  // part of output, rounded down
  bool operator==(const TokenBuckets&) const = default;
};
[[nodiscard]] TokenBuckets buckets_of(const TokenUsage& tokens);

// What a worker charges for one answer (docs/formats/bill.md). For the proxy: it names the receipt
// and does not show it.
struct Bill {
  RequestId request_id;
  Kid kid;
  TokenBuckets buckets;
  NanoTon price;
  AnswerStatus status = AnswerStatus::kError;
  ReceiptHash receipt;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<Bill> decode(BytesView payload);

  bool operator==(const Bill&) const = default;
};

// COSE_Sign1 as a receipt's, under the bill's own context.
[[nodiscard]] Bytes sign_bill(const Bill& bill, const crypto::Ed25519KeyPair& identity);
[[nodiscard]] Result<Bill> verify_bill(BytesView signed_bill,
                                       const crypto::Ed25519PublicKey& identity);

}  // namespace cocoon::provenance
