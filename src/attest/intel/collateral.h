#pragma once

#include <span>

#include "attest/intel/qe_identity.h"
#include "crypto/revocation_list.h"

namespace cocoon::attest::intel {

inline constexpr std::size_t kCollateralBytesMax = 2 * 1024 * 1024;

// What Intel publishes about a platform model, as it travels (docs/formats/collateral.md): the
// parts are text and bytes, and nothing in them is verified or even read.
struct UnverifiedCollateral {
  std::string tcb_info;  // the exact text that is signed
  crypto::P256Signature tcb_info_signature;
  std::string tcb_info_issuer_chain;  // PEM
  std::string qe_identity;            // the exact text that is signed
  crypto::P256Signature qe_identity_signature;
  std::string qe_identity_issuer_chain;  // PEM
  Bytes root_ca_crl;                     // DER
  Bytes pck_crl;                         // DER
  std::string pck_crl_issuer_chain;      // PEM

  // kMalformed unless the JSON object has all parts. Members that it does not know are let be.
  [[nodiscard]] static Result<UnverifiedCollateral> parse(BytesView json);
  [[nodiscard]] std::string to_json() const;
};

// Collateral whose signatures lead to a root that the caller trusts. Whether it is valid at a time,
// and whose platform it describes, is judged with a quote.
class VerifiedCollateral {
 public:
  [[nodiscard]] const TcbInfo& tcb_info() const { return tcb_info_; }
  [[nodiscard]] const QeIdentity& qe_identity() const { return qe_identity_; }
  [[nodiscard]] const crypto::RevocationList& root_list() const { return root_list_; }
  [[nodiscard]] const crypto::RevocationList& pck_list() const { return pck_list_; }
  // The certificate that pck_list() was verified with.
  [[nodiscard]] const crypto::CertificateFingerprint& pck_list_issuer() const {
    return pck_list_issuer_;
  }
  [[nodiscard]] const crypto::CertificateFingerprint& root() const { return root_; }
  // When every certificate, both lists and both documents are valid.
  [[nodiscard]] const crypto::Validity& validity() const { return validity_; }
  // The lower one of both documents: what must never fall.
  [[nodiscard]] std::uint32_t evaluation_number() const;
  // A certificate that signs the collateral is in the root's list.
  [[nodiscard]] bool is_signer_revoked() const { return is_signer_revoked_; }

 private:
  friend Result<VerifiedCollateral> verify_collateral(
      const UnverifiedCollateral&, std::span<const crypto::CertificateFingerprint>,
      crypto::CertificateMemo&);
  VerifiedCollateral(TcbInfo tcb_info, QeIdentity qe_identity, crypto::RevocationList root_list,
                     crypto::RevocationList pck_list)
      : tcb_info_(std::move(tcb_info)),
        qe_identity_(std::move(qe_identity)),
        root_list_(std::move(root_list)),
        pck_list_(std::move(pck_list)) {}
  TcbInfo tcb_info_;
  QeIdentity qe_identity_;
  crypto::RevocationList root_list_;
  crypto::RevocationList pck_list_;
  crypto::CertificateFingerprint pck_list_issuer_;
  crypto::CertificateFingerprint root_;
  crypto::Validity validity_{};
  bool is_signer_revoked_ = false;
};

// Checks the three chains, each to the same one of `roots` (kUntrustedRoot), the names of their
// certificates, both lists' signatures, both documents' signatures over their exact bytes, and
// reads the documents (kBadCollateral, kCollateralMismatch).
[[nodiscard]] Result<VerifiedCollateral> verify_collateral(
    const UnverifiedCollateral& collateral, std::span<const crypto::CertificateFingerprint> roots);
// The same beside a quote: Intel signs both under certificates that they share.
[[nodiscard]] Result<VerifiedCollateral> verify_collateral(
    const UnverifiedCollateral& collateral, std::span<const crypto::CertificateFingerprint> roots,
    crypto::CertificateMemo& memo);

}  // namespace cocoon::attest::intel
