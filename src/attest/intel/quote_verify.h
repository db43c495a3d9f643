#pragma once

#include <memory>
#include <span>
#include <vector>

#include "attest/intel/pck.h"
#include "attest/intel/quote.h"
#include "base/recent_map.h"

namespace cocoon::attest::intel {

// The fingerprint of Intel's SGX root CA: with it compiled in, no registry can make another root
// count outside the devnet.
[[nodiscard]] const crypto::CertificateFingerprint& intel_sgx_root();

// A PCK certificate chain whose signatures hold: what a platform's quotes have in common.
struct PckChain {
  PckInfo info;
  crypto::Certificate leaf;
  crypto::Certificate issuer;  // the platform or processor CA
  crypto::CertificateFingerprint root;
  crypto::Validity validity;  // of all three
  crypto::P256Verifier key;
};

// A quote whose signatures lead to a root that the caller trusts. What it says of the machine and
// its software is not judged yet, nor whether its certificates are valid at some time.
class VerifiedQuote {
 public:
  [[nodiscard]] const UnverifiedQuote& quote() const { return quote_; }
  [[nodiscard]] const TdBody& body() const { return quote_.body(); }
  [[nodiscard]] const PckChain& chain() const { return *chain_; }
  [[nodiscard]] const PckInfo& pck() const { return chain_->info; }
  [[nodiscard]] const crypto::CertificateFingerprint& root() const { return chain_->root; }

 private:
  VerifiedQuote(UnverifiedQuote quote, std::shared_ptr<const PckChain> chain)
      : quote_(std::move(quote)), chain_(std::move(chain)) {}
  friend class QuoteVerifier;
  UnverifiedQuote quote_;
  std::shared_ptr<const PckChain> chain_;
};

// Verifies quotes and remembers, within a bound, the platforms and attestation keys that it has
// verified, so that another quote of one costs one signature. What it remembers depends neither on
// time nor on the roots that are trusted: those are looked at each time. Used by one thread at a
// time.
class QuoteVerifier {
 public:
  static constexpr std::size_t kRemembered = 1024;  // of each kind

  // Checks, in this order: PCK chain of exactly leaf ← platform or processor CA ← root
  // (kMalformed), the root one of `roots` (kUntrustedRoot), signatures and names (kBadSignature,
  // kMalformed); the PCK key signed the QE report; the QE report binds the attestation key; the
  // attestation key signed header and body (kBadSignature each).
  [[nodiscard]] Result<VerifiedQuote> verify(UnverifiedQuote quote,
                                             std::span<const crypto::CertificateFingerprint> roots);
  [[nodiscard]] Result<VerifiedQuote> verify(UnverifiedQuote quote,
                                             std::span<const crypto::CertificateFingerprint> roots,
                                             crypto::CertificateMemo& memo);

 private:
  [[nodiscard]] Result<std::shared_ptr<const PckChain>> chain_of(
      const UnverifiedQuote& quote, const crypto::Sha256Digest& key,
      std::span<const crypto::CertificateFingerprint> roots, crypto::CertificateMemo& memo);
  [[nodiscard]] Result<crypto::P256Verifier> attestation_key_of(
      const UnverifiedQuote& quote, const PckChain& chain, const crypto::Sha256Digest& chain_key);

  // By the SHA-256 of the chain's text, and of everything that makes the attestation key believed.
  RecentMap<crypto::Sha256Digest, std::shared_ptr<const PckChain>> chains_{kRemembered};
  RecentMap<crypto::Sha256Digest, crypto::P256Verifier> attestation_keys_{kRemembered};
};

// The same with nothing remembered.
[[nodiscard]] Result<VerifiedQuote> verify_quote(
    UnverifiedQuote quote, std::span<const crypto::CertificateFingerprint> roots);

}  // namespace cocoon::attest::intel
