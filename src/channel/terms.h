#pragma once

#include "base/money.h"
#include "base/strong.h"
#include "channel/error.h"
#include "crypto/keys.h"

namespace cocoon::channel {

// Prices are for a million tokens. A billion coins for a million tokens would be absurd, and below
// this no price of any request overflows.
inline constexpr std::uint64_t kTokensPerPrice = 1'000'000;
inline constexpr std::uint64_t kPriceNanoMax = 1'000'000'000'000'000;
inline constexpr std::uint16_t kFeeBasisPointsMax = 10'000;  // all of the price once more

// What a worker asks (docs/formats/terms.md). No amount is above kPriceNanoMax.
struct WorkerTerms {
  NanoTon input;      // a million input tokens that no cache had
  NanoTon cached;     // a million input tokens from a cache
  NanoTon output;     // a million output tokens that are not reasoning
  NanoTon reasoning;  // a million reasoning tokens
  NanoTon minimum;    // a request that costs anything

  // kAmount above kPriceNanoMax.
  [[nodiscard]] Result<Bytes> encode() const;
  // kMalformed, kUnsupportedVersion, kAmount.
  [[nodiscard]] static Result<WorkerTerms> decode(BytesView payload);
  // What recipients, receipts and vouchers name them by: equal terms have equal names.
  [[nodiscard]] Result<TermsHash> hash() const;

  bool operator==(const WorkerTerms&) const = default;
};

// What a proxy asks on top of a worker's price.
struct ProxyTerms {
  std::uint16_t fee_basis_points = 0;  // of the worker's price, kFeeBasisPointsMax at most

  [[nodiscard]] Result<Bytes> encode() const;
  [[nodiscard]] static Result<ProxyTerms> decode(BytesView payload);
  [[nodiscard]] Result<TermsHash> hash() const;

  bool operator==(const ProxyTerms&) const = default;
};

// COSE_Sign1 as a receipt's, under the terms' own contexts: by the worker's identity key, and by
// the proxy's registry key. Verifying fails with kBadSignature or as decode() does.
[[nodiscard]] Result<Bytes> sign_terms(const WorkerTerms& terms,
                                       const crypto::Ed25519KeyPair& identity);
[[nodiscard]] Result<Bytes> sign_terms(const ProxyTerms& terms,
                                       const crypto::Ed25519KeyPair& registry_key);
[[nodiscard]] Result<WorkerTerms> verify_worker_terms(BytesView signed_terms,
                                                      const crypto::Ed25519PublicKey& identity);
[[nodiscard]] Result<ProxyTerms> verify_proxy_terms(BytesView signed_terms,
                                                    const crypto::Ed25519PublicKey& registry_key);

}  // namespace cocoon::channel
