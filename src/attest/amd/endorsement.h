#pragma once

#include <span>
#include <vector>

#include "attest/amd/product.h"
#include "base/recent_map.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace cocoon::attest::amd {

// What a VCEK or VLEK certificate says of its key (AMD 57230, "VCEK Certificate and KDS Interface
// Specification").
struct KeyDescription {
  TcbVersion tcb;
  // The chip that has the key; empty for a VLEK. 64 bytes, Turin's 8.
  Bytes hardware_id;
  // The cloud that a VLEK was lent to; empty for a VCEK.
  std::string provider;
};

// A signing key whose certificate leads to a root that the caller trusts. Keep it, and the reports
// of that chip cost one signature each.
class VerifiedEndorsement {
 public:
  [[nodiscard]] Product product() const { return product_; }
  [[nodiscard]] KeyKind key_kind() const { return key_kind_; }
  [[nodiscard]] const KeyDescription& key() const { return key_; }
  [[nodiscard]] const crypto::P384Verifier& verifier() const { return verifier_; }
  // SHA-256 of the root's DER.
  [[nodiscard]] const crypto::Sha256Digest& root() const { return root_; }
  // Whether every certificate of the chain is valid then.
  [[nodiscard]] bool is_valid_at(UnixSeconds at) const {
    return not_before_ <= at && at <= not_after_;
  }
  [[nodiscard]] UnixSeconds valid_until() const { return not_after_; }

 private:
  explicit VerifiedEndorsement(crypto::P384Verifier verifier) : verifier_(std::move(verifier)) {}
  friend Result<VerifiedEndorsement> verify_endorsement(const std::vector<crypto::Certificate>&,
                                                        std::span<const crypto::Sha256Digest>,
                                                        UnixSeconds);
  Product product_ = Product::kMilan;
  KeyKind key_kind_ = KeyKind::kVcek;
  KeyDescription key_;
  crypto::P384Verifier verifier_;
  crypto::Sha256Digest root_{};
  UnixSeconds not_before_;
  UnixSeconds not_after_;
};

// SHA-256 of the DER of AMD's three roots: only these may count outside the devnet.
[[nodiscard]] const std::vector<crypto::Sha256Digest>& amd_roots();

// The certificate with AMD's own above it: leaf, ASK or ASVK, ARK. kUntrustedRoot if its issuer has
// the name of none of them.
[[nodiscard]] Result<std::vector<crypto::Certificate>> with_vendor_issuers(
    crypto::Certificate leaf);

// Checks, in this order: exactly three certificates with the names of their places, of one product
// and one kind of key (kMalformed); the root is one of `roots` (kUntrustedRoot); signatures and
// validity (kBadSignature); the leaf's extensions and its P-384 key (kMalformed).
[[nodiscard]] Result<VerifiedEndorsement> verify_endorsement(
    const std::vector<crypto::Certificate>& leaf_first, std::span<const crypto::Sha256Digest> roots,
    UnixSeconds at);

// Keys that were verified before, by the bytes of their certificates: a chip's next report costs
// one signature. Validity at `at` and the root are looked at every time. Keeps at most `size_max`.
class EndorsementCache {
 public:
  explicit EndorsementCache(std::size_t size_max) : endorsements_(size_max) {}

  // As verify_endorsement(), of one to three DER certificates; AMD's own are put above a leaf that
  // comes alone.
  [[nodiscard]] Result<VerifiedEndorsement> verify(std::span<const Bytes> leaf_first_der,
                                                   std::span<const crypto::Sha256Digest> roots,
                                                   UnixSeconds at);

 private:
  RecentMap<crypto::Sha256Digest, VerifiedEndorsement> endorsements_;
};

}  // namespace cocoon::attest::amd
