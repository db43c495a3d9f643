#include "crypto/revocation_list.h"

#include "base/check.h"
#include "crypto/certificate_state.h"
#include "crypto/ecdsa_pkey.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;
using ListHandle = std::unique_ptr<X509_CRL, openssl::FreeWith<X509_CRL_free>>;
using RevokedHandle = std::unique_ptr<X509_REVOKED, openssl::FreeWith<X509_REVOKED_free>>;

constexpr int kSecurityBitsMin = 112;

Bytes encode(const X509_CRL* list) {
  const int length = i2d_X509_CRL(list, nullptr);
  if (length <= 0) return {};
  Bytes out(static_cast<std::size_t>(length));
  unsigned char* cursor = raw(MutableBytesView(out));
  if (i2d_X509_CRL(list, &cursor) != length) return {};
  return out;
}

// A critical extension says that the list means less, or other things, than its entries.
bool has_critical_extension(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) != 0) return true;
  }
  return false;
}

}  // namespace

struct RevocationList::State {
  ListHandle list;
  Validity validity;
};

Result<RevocationList> RevocationList::from_der(BytesView der) {
  if (der.size() > kRevocationListBytesMax) {
    return fail(CryptoError::kBadCertificate, "revocation list too long");
  }
  const unsigned char* cursor = raw(der);
  ListHandle list(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size())));
  if (list == nullptr) return refuse(CryptoError::kBadCertificate, "not a revocation list");
  if (!equal(encode(list.get()), der)) {
    return refuse(CryptoError::kBadCertificate, "revocation list is not DER");
  }
  if (has_critical_extension(list.get())) {
    return fail(CryptoError::kBadCertificate, "revocation list with a critical extension");
  }
  auto state = std::make_shared<State>();
  TRY(state->validity.first, openssl::unix_seconds(X509_CRL_get0_lastUpdate(list.get())));
  TRY(state->validity.last, openssl::unix_seconds(X509_CRL_get0_nextUpdate(list.get())));
  state->list = std::move(list);
  return RevocationList(std::move(state));
}

std::string RevocationList::issuer_common_name() const {
  return openssl::common_name(X509_CRL_get_issuer(state_->list.get()));
}

const Validity& RevocationList::validity() const { return state_->validity; }

Status RevocationList::verify_issued_by(const Certificate& issuer) const {
  X509* const authority = issuer.state_->x509.get();
  if (X509_NAME_cmp(X509_CRL_get_issuer(state_->list.get()), X509_get_subject_name(authority)) !=
      0) {
    return fail(CryptoError::kUntrustedChain, "revocation list of another issuer");
  }
  if ((X509_get_extension_flags(authority) & EXFLAG_KUSAGE) == 0 ||
      (X509_get_key_usage(authority) & KU_CRL_SIGN) == 0) {
    return fail(CryptoError::kUntrustedChain, "issuer may not sign revocation lists");
  }
  EVP_PKEY* const key = X509_get0_pubkey(authority);
  int digest = 0;
  int security_bits = 0;
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < kSecurityBitsMin ||
      OBJ_find_sigid_algs(X509_CRL_get_signature_nid(state_->list.get()), &digest, nullptr) != 1) {
    return refuse(CryptoError::kUntrustedChain, "revocation list with an unknown algorithm");
  }
  const EVP_MD* const hash = EVP_get_digestbynid(digest);
  security_bits = hash == nullptr ? 0 : EVP_MD_get_size(hash) * 4;
  if (security_bits < kSecurityBitsMin) {
    return refuse(CryptoError::kUntrustedChain, "revocation list with a weak algorithm");
  }
  if (X509_CRL_verify(state_->list.get(), key) != 1) {
    return refuse(CryptoError::kBadSignature, "revocation list's signature does not verify");
  }
  return {};
}

bool RevocationList::covers(const Certificate& certificate) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(state_->list.get()),
                       X509_get_issuer_name(certificate.state_->x509.get())) == 0;
}

bool RevocationList::revokes(const Certificate& certificate) const {
  X509_REVOKED* entry = nullptr;
  return X509_CRL_get0_by_serial(state_->list.get(), &entry,
                                 X509_get0_serialNumber(certificate.state_->x509.get())) != 0;
}

Result<Bytes> issue_revocation_list(const RevocationListTemplate& what, const Certificate& issuer,
                                    const P256KeyPair& key) {
  TRY(const openssl::EcdsaPrivate signer,
      openssl::ecdsa_private_pkey(openssl::kCurveNames<P256>, key.expose_private()));
  const ListHandle list(X509_CRL_new());
  const openssl::TimeHandle first(ASN1_TIME_set(nullptr, what.validity.first.value()));
  const openssl::TimeHandle last(ASN1_TIME_set(nullptr, what.validity.last.value()));
  COCOON_CHECK(list != nullptr && first != nullptr && last != nullptr);
  bool built =
      X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.state_->x509.get())) == 1 &&
      X509_CRL_set1_lastUpdate(list.get(), first.get()) == 1 &&
      X509_CRL_set1_nextUpdate(list.get(), last.get()) == 1;
  for (const Certificate& certificate : what.revoked) {
    RevokedHandle entry(X509_REVOKED_new());
    COCOON_CHECK(entry != nullptr);
    built = built &&
            X509_REVOKED_set_serialNumber(
                entry.get(), X509_get_serialNumber(certificate.state_->x509.get())) == 1 &&
            X509_REVOKED_set_revocationDate(entry.get(), first.get()) == 1 &&
            X509_CRL_add0_revoked(list.get(), entry.get()) == 1;
    if (built) static_cast<void>(entry.release());
  }
  built = built && X509_CRL_sort(list.get()) == 1 &&
          X509_CRL_sign(list.get(), signer.pkey.get(), EVP_sha256()) > 0;
  if (!built) {
    return refuse(CryptoError::kBadCertificate, "revocation list could not be made as described");
  }
  return encode(list.get());
}

}  // namespace cocoon::crypto
