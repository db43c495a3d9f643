#include <algorithm>

#include "attest/intel/collateral.h"
#include "attest/intel/names.h"

namespace cocoon::attest::intel {
namespace {

using crypto::Certificate;
using crypto::CertificateFingerprint;
using Chain = std::vector<Certificate>;

std::unexpected<Error> bad(std::string_view what, const Error& error) {
  return fail(IntelError::kBadCollateral, std::string(what) + ": " + error.message());
}

// Leaf and root, in this order, each signature holding.
Result<Chain> read_chain(std::string_view pem, std::string_view what,
                         std::span<const CertificateFingerprint> roots,
                         crypto::CertificateMemo& memo) {
  auto unordered = Certificate::from_pem_chain(pem, 2, memo);
  if (!unordered) return bad(what, unordered.error());
  auto chain = crypto::order_chain(std::move(*unordered));
  if (!chain) return bad(what, chain.error());
  if (chain->size() != 2) {
    return fail(IntelError::kBadCollateral, std::string(what) + ": not exactly signer and root");
  }
  const CertificateFingerprint root = chain->back().fingerprint();
  if (std::ranges::find(roots, root) == roots.end()) {
    return fail(IntelError::kUntrustedRoot,
                std::string(what) + ": its root certificate is not in the policy");
  }
  if (const Status linked = crypto::verify_chain_links(*chain, memo); !linked) {
    return bad(what, linked.error());
  }
  if (!has_role_name(chain->back().subject_common_name(), kRoleRoot, root)) {
    return fail(IntelError::kBadCollateral, std::string(what) + ": not an SGX root");
  }
  return chain;
}

Result<Chain> read_signing_chain(std::string_view pem, std::string_view what,
                                 std::span<const CertificateFingerprint> roots,
                                 crypto::CertificateMemo& memo) {
  TRY(Chain chain, read_chain(pem, what, roots, memo));
  if (chain[0].is_certificate_authority() ||
      !has_role_name(chain[0].subject_common_name(), kRoleTcbSigning, chain[1].fingerprint())) {
    return fail(IntelError::kBadCollateral, std::string(what) + ": not a TCB signing certificate");
  }
  return chain;
}

Status check_signature(const Certificate& signer, const std::string& text,
                       const crypto::P256Signature& signature, std::string_view what) {
  const auto key = signer.p256_verifier();
  if (!key) return bad(what, key.error());
  const Status valid = key->verify(as_bytes(text), signature);
  return valid ? Status() : bad(what, valid.error());
}

Result<crypto::RevocationList> read_list(BytesView der, const Certificate& issuer,
                                         std::string_view what) {
  auto list = crypto::RevocationList::from_der(der);
  if (!list) return bad(what, list.error());
  if (const Status valid = list->verify_issued_by(issuer); !valid) return bad(what, valid.error());
  return std::move(*list);
}

void narrow(crypto::Validity& all, const crypto::Validity& one) {
  all.first = std::max(all.first, one.first);
  all.last = std::min(all.last, one.last);
}

// A document is valid from its issue on and before its next update: the second of the next update
// is the next one's.
crypto::Validity validity_of(UnixSeconds issued_at, UnixSeconds next_update) {
  return {.first = issued_at,
          .last = UnixSeconds(next_update.value() == 0 ? 0 : next_update.value() - 1)};
}

}  // namespace

Result<VerifiedCollateral> verify_collateral(const UnverifiedCollateral& collateral,
                                             std::span<const CertificateFingerprint> roots) {
  crypto::CertificateMemo nothing;
  return verify_collateral(collateral, roots, nothing);
}

Result<VerifiedCollateral> verify_collateral(const UnverifiedCollateral& collateral,
                                             std::span<const CertificateFingerprint> roots,
                                             crypto::CertificateMemo& memo) {
  TRY(const Chain tcb_chain,
      read_signing_chain(collateral.tcb_info_issuer_chain, "TCB info issuer chain", roots, memo));
  const std::array trusted{tcb_chain[1].fingerprint()};
  Chain qe_chain = tcb_chain;  // Intel signs both documents with one key
  if (collateral.qe_identity_issuer_chain != collateral.tcb_info_issuer_chain) {
    TRY(qe_chain, read_signing_chain(collateral.qe_identity_issuer_chain,
                                     "QE identity issuer chain", trusted, memo));
  }
  TRY(const Chain list_chain,
      read_chain(collateral.pck_crl_issuer_chain, "PCK CRL issuer chain", trusted, memo));
  TRY(crypto::RevocationList root_list,
      read_list(collateral.root_ca_crl, tcb_chain[1], "root CA CRL"));
  TRY(crypto::RevocationList pck_list, read_list(collateral.pck_crl, list_chain[0], "PCK CRL"));
  TRY_VOID(check_signature(tcb_chain[0], collateral.tcb_info, collateral.tcb_info_signature,
                           "TCB info signature"));
  TRY_VOID(check_signature(qe_chain[0], collateral.qe_identity, collateral.qe_identity_signature,
                           "QE identity signature"));
  TRY(TcbInfo tcb_info, parse_tcb_info(collateral.tcb_info));
  TRY(QeIdentity qe_identity, parse_qe_identity(collateral.qe_identity));

  VerifiedCollateral out(std::move(tcb_info), std::move(qe_identity), std::move(root_list),
                         std::move(pck_list));
  out.root_ = trusted[0];
  out.pck_list_issuer_ = list_chain[0].fingerprint();
  out.validity_ = validity_of(out.tcb_info_.issued_at, out.tcb_info_.next_update);
  narrow(out.validity_, validity_of(out.qe_identity_.issued_at, out.qe_identity_.next_update));
  narrow(out.validity_, out.root_list_.validity());
  narrow(out.validity_, out.pck_list_.validity());
  for (const Chain* chain :
       std::initializer_list<const Chain*>{&tcb_chain, &qe_chain, &list_chain}) {
    narrow(out.validity_, crypto::common_validity(*chain));
    out.is_signer_revoked_ = out.is_signer_revoked_ || out.root_list_.revokes((*chain)[0]);
  }
  return out;
}

}  // namespace cocoon::attest::intel
