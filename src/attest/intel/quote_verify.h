#pragma once

#include <span>

#include "attest/intel/pck.h"
#include "attest/intel/quote.h"
#include "crypto/certificate.h"

namespace cocoon::attest::intel {

// The fingerprint of Intel's SGX root CA: with it compiled in, no registry can make another root
// count outside the devnet.
[[nodiscard]] const crypto::CertificateFingerprint& intel_sgx_root();

// A quote whose signatures lead to a root that the caller trusts. What it says of the machine and
// its software is not judged yet.
class VerifiedQuote {
 public:
  [[nodiscard]] const UnverifiedQuote& quote() const { return quote_; }
  [[nodiscard]] const TdBody& body() const { return quote_.body(); }
  [[nodiscard]] const PckInfo& pck() const { return pck_; }
  [[nodiscard]] const crypto::CertificateFingerprint& root() const { return root_; }

 private:
  VerifiedQuote(UnverifiedQuote quote, const PckInfo& pck,
                const crypto::CertificateFingerprint& root)
      : quote_(std::move(quote)), pck_(pck), root_(root) {}
  friend Result<VerifiedQuote> verify_quote(UnverifiedQuote,
                                            std::span<const crypto::CertificateFingerprint>,
                                            UnixSeconds);
  UnverifiedQuote quote_;
  PckInfo pck_;
  crypto::CertificateFingerprint root_;
};

// Checks, in this order: PCK chain of exactly leaf ← platform or processor CA ← root, valid at `at`
// (kBadSignature, kMalformed); the root is one of `roots` (kUntrustedRoot); the PCK key signed the
// QE report; the QE report binds the attestation key; the attestation key signed header and body
// (kBadSignature each).
[[nodiscard]] Result<VerifiedQuote> verify_quote(
    UnverifiedQuote quote, std::span<const crypto::CertificateFingerprint> roots, UnixSeconds at);

}  // namespace cocoon::attest::intel
