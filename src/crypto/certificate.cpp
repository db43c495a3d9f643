#include "crypto/certificate.h"

#include <openssl/objects.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/check.h"
#include "crypto/certificate_state.h"
#include "crypto/ecdsa_pkey.h"
#include "crypto/hash.h"

namespace cocoon::crypto {

Result<UnixSeconds> openssl::unix_seconds(const ASN1_TIME* time) {
  const TimeHandle epoch(ASN1_TIME_set(nullptr, 0));
  COCOON_CHECK(epoch != nullptr);
  int days = 0;
  int seconds = 0;
  if (time == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) {
    return refuse(CryptoError::kBadCertificate, "certificate with an unreadable time");
  }
  const std::int64_t total = std::int64_t{days} * 86400 + seconds;
  if (total < 0) return fail(CryptoError::kBadCertificate, "certificate time before 1970");
  constexpr std::int64_t kLast = std::numeric_limits<std::uint32_t>::max();
  return UnixSeconds(static_cast<std::uint32_t>(std::min(total, kLast)));
}

std::string openssl::common_name(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  unsigned char* text = nullptr;
  const int length = ASN1_STRING_to_UTF8(&text, value);
  if (length < 0) {
    ERR_clear_error();
    return {};
  }
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  OPENSSL_free(text);
  return out;
}

namespace {

using openssl::raw;
using openssl::refuse;

constexpr std::size_t kDerSizeMax = 16384;  // real ones stay under 3 KiB
constexpr int kExtensionsMax = 32;

// Each extension at most once (RFC 5280 section 4.2): with two, readers could disagree on which one
// counts.
Status check_extensions(X509* certificate) {
  const int count = X509_get_ext_count(certificate);
  if (count > kExtensionsMax)
    return fail(CryptoError::kBadCertificate, "certificate with too many extensions");
  std::set<Bytes> seen;
  for (int i = 0; i < count; ++i) {
    const ASN1_OBJECT* object = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    const auto* bytes = reinterpret_cast<const std::byte*>(OBJ_get0_data(object));
    if (!seen.insert(Bytes(bytes, bytes + OBJ_length(object))).second) {
      return fail(CryptoError::kBadCertificate, "certificate with a repeated extension");
    }
  }
  if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0) {
    return refuse(CryptoError::kBadCertificate, "certificate with a malformed extension");
  }
  return {};
}

// x‖y of the certificate's key, which must be on this curve.
Result<Bytes> ecdsa_point(const X509* certificate, const openssl::CurveNames& curve) {
  const EVP_PKEY* pkey = X509_get0_pubkey(certificate);
  if (pkey == nullptr || EVP_PKEY_is_a(pkey, "EC") != 1) {
    return refuse(CryptoError::kBadCertificate, "certificate's key is not an elliptic-curve key");
  }
  char group[32] = {};
  std::size_t group_length = 0;
  Bytes point(1 + 2 * curve.coordinate_size);
  std::size_t point_length = 0;
  if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &group_length) != 1 ||
      std::string_view(group, group_length) != curve.group) {
    return refuse(CryptoError::kBadCertificate, "certificate's key is on another curve");
  }
  if (EVP_PKEY_get_octet_string_param(pkey, "encoded-pub-key", raw(MutableBytesView(point)),
                                      point.size(), &point_length) != 1 ||
      point_length != point.size() || point[0] != std::byte{4}) {
    return refuse(CryptoError::kBadCertificate, "certificate's key is not an uncompressed point");
  }
  return to_bytes(BytesView(point).subspan(1));
}

}  // namespace

Certificate::Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<Certificate> Certificate::from_der(BytesView der) {
  if (der.size() > kDerSizeMax) return fail(CryptoError::kBadCertificate, "certificate too long");
  const unsigned char* cursor = raw(der);
  openssl::X509Handle x509(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (x509 == nullptr) return refuse(CryptoError::kBadCertificate, "not a certificate");
  if (cursor != raw(der) + der.size()) {
    return refuse(CryptoError::kBadCertificate, "bytes after the certificate");
  }
  // OpenSSL also reads some BER; only the one DER form may pass, so that a certificate has one
  // encoding.
  Bytes again(der.size() + 1);
  unsigned char* write_cursor = raw(MutableBytesView(again));
  const int length = i2d_X509(x509.get(), nullptr);
  if (length < 0 || static_cast<std::size_t>(length) != der.size() ||
      i2d_X509(x509.get(), &write_cursor) != length ||
      !equal(BytesView(again).first(der.size()), der)) {
    return refuse(CryptoError::kBadCertificate, "certificate is not DER");
  }
  TRY_VOID(check_extensions(x509.get()));

  auto state = std::make_shared<State>();
  TRY(state->not_before, openssl::unix_seconds(X509_get0_notBefore(x509.get())));
  TRY(state->not_after, openssl::unix_seconds(X509_get0_notAfter(x509.get())));
  state->der = to_bytes(der);
  state->x509 = std::move(x509);
  return Certificate(std::move(state));
}

const Bytes& Certificate::der() const { return state_->der; }

CertificateFingerprint Certificate::fingerprint() const {
  return CertificateFingerprint(sha256(state_->der));
}

std::string Certificate::subject_common_name() const {
  return openssl::common_name(X509_get_subject_name(state_->x509.get()));
}

std::string Certificate::issuer_common_name() const {
  return openssl::common_name(X509_get_issuer_name(state_->x509.get()));
}

UnixSeconds Certificate::not_before() const { return state_->not_before; }
UnixSeconds Certificate::not_after() const { return state_->not_after; }

bool Certificate::is_certificate_authority() const {
  const std::uint32_t flags = X509_get_extension_flags(state_->x509.get());
  return (flags & EXFLAG_BCONS) != 0 && (flags & EXFLAG_CA) != 0;
}

Result<P256PublicKey> Certificate::p256_public_key() const {
  TRY(const Bytes key, ecdsa_point(state_->x509.get(), openssl::kCurveNames<P256>));
  return P256PublicKey::from(key);
}

Result<P384PublicKey> Certificate::p384_public_key() const {
  TRY(const Bytes key, ecdsa_point(state_->x509.get(), openssl::kCurveNames<P384>));
  return P384PublicKey::from(key);
}

std::optional<Bytes> Certificate::extension(std::string_view oid) const {
  const openssl::ObjectHandle object(OBJ_txt2obj(std::string(oid).c_str(), 1));
  if (object == nullptr) {
    ERR_clear_error();
    return std::nullopt;
  }
  const int index = X509_get_ext_by_OBJ(state_->x509.get(), object.get(), -1);
  if (index < 0) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(state_->x509.get(), index));
  const auto* bytes = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(value));
  return Bytes(bytes, bytes + ASN1_STRING_length(value));
}

}  // namespace cocoon::crypto
