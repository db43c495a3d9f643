#pragma once

#include <span>

#include "attest/pck.h"
#include "attest/policy.h"
#include "attest/quote.h"

namespace cocoon::attest {

// The fingerprint of Intel's SGX root CA: with it compiled in, no registry can make another root
// count outside the devnet.
[[nodiscard]] const RootFingerprint& intel_sgx_root();

// A quote whose signatures lead to a root that the caller trusts. What it says of the machine and
// its software is not judged yet.
class VerifiedQuote {
 public:
  [[nodiscard]] const UnverifiedQuote& quote() const { return quote_; }
  [[nodiscard]] const TdBody& body() const { return quote_.body(); }
  [[nodiscard]] const PckInfo& pck() const { return pck_; }
  [[nodiscard]] const RootFingerprint& root() const { return root_; }

 private:
  VerifiedQuote(UnverifiedQuote quote, const PckInfo& pck, const RootFingerprint& root)
      : quote_(std::move(quote)), pck_(pck), root_(root) {}
  friend Result<VerifiedQuote> verify_quote(UnverifiedQuote, std::span<const RootFingerprint>,
                                            UnixSeconds);
  UnverifiedQuote quote_;
  PckInfo pck_;
  RootFingerprint root_;
};

// Checks, in this order: PCK chain of exactly leaf ← platform or processor CA ← root, valid at `at`
// (kBadSignature, kMalformed); the root is one of `roots` (kUntrustedRoot); the PCK key signed the
// QE report; the QE report binds the attestation key; the attestation key signed header and body
// (kBadSignature each).
[[nodiscard]] Result<VerifiedQuote> verify_quote(UnverifiedQuote quote,
                                                 std::span<const RootFingerprint> roots,
                                                 UnixSeconds at);

}  // namespace cocoon::attest
