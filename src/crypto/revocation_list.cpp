#include "crypto/revocation_list.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/certificate_state.h"
#include "crypto/ecdsa_pkey.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;
using ListHandle = std::unique_ptr<X509_CRL, openssl::FreeWith<X509_CRL_free>>;
using RevokedHandle = std::unique_ptr<X509_REVOKED, openssl::FreeWith<X509_REVOKED_free>>;

Bytes encode(const X509_CRL* list) {
  const int length = i2d_X509_CRL(list, nullptr);
  if (length <= 0) return {};
  Bytes out(static_cast<std::size_t>(length));
  unsigned char* cursor = raw(MutableBytesView(out));
  if (i2d_X509_CRL(list, &cursor) != length) return {};
  return out;
}

openssl::X509Handle read_again(const Certificate& certificate) {
  const unsigned char* cursor = raw(BytesView(certificate.der()));
  openssl::X509Handle out(d2i_X509(nullptr, &cursor, static_cast<long>(certificate.der().size())));
  COCOON_CHECK(out != nullptr);  // our own: tdx-sim's and the tests'
  return out;
}

}  // namespace

struct RevocationList::State {
  Bytes der;
  x509::ListFields fields;  // views into `der`
  Validity validity;
};

Result<RevocationList> RevocationList::from_der(BytesView der) {
  if (der.size() > kRevocationListBytesMax) {
    return fail(CryptoError::kBadCertificate, "revocation list too long");
  }
  auto state = std::make_shared<State>();
  state->der = to_bytes(der);
  TRY(state->fields, x509::read_list(state->der));
  state->validity = {.first = state->fields.this_update, .last = state->fields.next_update};
  return RevocationList(std::move(state));
}

std::string RevocationList::issuer_common_name() const {
  return x509::common_name(state_->fields.issuer);
}

const Validity& RevocationList::validity() const { return state_->validity; }

Status RevocationList::verify_issued_by(const Certificate& issuer) const {
  const Certificate::State& authority = *issuer.state_;
  if (!equal(state_->fields.issuer, authority.fields.subject)) {
    return fail(CryptoError::kUntrustedChain, "revocation list of another issuer");
  }
  if (!authority.powers.may_sign_lists) {
    return fail(CryptoError::kUntrustedChain, "issuer may not sign revocation lists");
  }
  const auto verified = verify_ecdsa(state_->fields.issued, authority.key);
  if (!verified) {
    return fail(CryptoError::kUntrustedChain, "revocation list with an unknown algorithm");
  }
  if (!verified->has_value()) {
    return refuse(CryptoError::kBadSignature, "revocation list's signature does not verify");
  }
  return {};
}

bool RevocationList::covers(const Certificate& certificate) const {
  return equal(state_->fields.issuer, certificate.state_->fields.issuer);
}

bool RevocationList::revokes(const Certificate& certificate) const {
  const BytesView serial = certificate.state_->fields.serial;
  return std::ranges::any_of(state_->fields.serials,
                             [&](BytesView revoked) { return equal(revoked, serial); });
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
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(read_again(issuer).get())) == 1 &&
      X509_CRL_set1_lastUpdate(list.get(), first.get()) == 1 &&
      X509_CRL_set1_nextUpdate(list.get(), last.get()) == 1;
  for (const Certificate& certificate : what.revoked) {
    RevokedHandle entry(X509_REVOKED_new());
    COCOON_CHECK(entry != nullptr);
    built = built &&
            X509_REVOKED_set_serialNumber(
                entry.get(), X509_get_serialNumber(read_again(certificate).get())) == 1 &&
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
