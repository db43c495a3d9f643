#include <openssl/objects.h>

#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/ecdsa_pkey.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;

bool set_name(X509_NAME* name, const std::string& common_name) {
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, raw(as_bytes(common_name)),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool set_names(X509* certificate, const CertificateTemplate& what) {
  const openssl::NameHandle subject(X509_NAME_new());
  const openssl::NameHandle issuer(X509_NAME_new());
  COCOON_CHECK(subject != nullptr && issuer != nullptr);
  return set_name(subject.get(), what.common_name) &&
         set_name(issuer.get(), what.issuer_common_name) &&
         X509_set_subject_name(certificate, subject.get()) == 1 &&
         X509_set_issuer_name(certificate, issuer.get()) == 1;
}

bool set_times(X509* certificate, const CertificateTemplate& what) {
  const openssl::TimeHandle from(
      ASN1_TIME_set(nullptr, static_cast<time_t>(what.not_before.value())));
  const openssl::TimeHandle until(
      ASN1_TIME_set(nullptr, static_cast<time_t>(what.not_after.value())));
  COCOON_CHECK(from != nullptr && until != nullptr);
  return X509_set1_notBefore(certificate, from.get()) == 1 &&
         X509_set1_notAfter(certificate, until.get()) == 1;
}

bool add_known_extension(X509* certificate, int nid, const char* value) {
  const openssl::ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_kind(X509* certificate, const CertificateTemplate& what) {
  std::string authority = "critical,CA:TRUE";
  if (what.path_length.has_value()) authority += ",pathlen:" + std::to_string(*what.path_length);
  switch (what.kind) {
    case CertificateTemplate::Kind::kAuthority:
      return add_known_extension(certificate, NID_basic_constraints, authority.c_str()) &&
             add_known_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    case CertificateTemplate::Kind::kLeaf:
      return add_known_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
             add_known_extension(certificate, NID_key_usage, "critical,digitalSignature");
  }
  COCOON_CHECK(false);
}

bool add_extension(X509* certificate, const std::string& oid, BytesView der) {
  const openssl::ObjectHandle object(OBJ_txt2obj(oid.c_str(), 1));
  const openssl::OctetsHandle octets(ASN1_OCTET_STRING_new());
  COCOON_CHECK(octets != nullptr);
  if (object == nullptr ||
      ASN1_OCTET_STRING_set(octets.get(), raw(der), static_cast<int>(der.size())) != 1) {
    return false;
  }
  const openssl::ExtensionHandle extension(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, octets.get()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Result<openssl::Pkey> subject_pkey(const CertificateTemplate& what) {
  if (const auto* key = std::get_if<P384PublicKey>(&what.subject_key)) {
    return openssl::ecdsa_public_pkey(openssl::kCurveNames<P384>, key->view());
  }
  return openssl::ecdsa_public_pkey(openssl::kCurveNames<P256>,
                                    std::get<P256PublicKey>(what.subject_key).view());
}

Result<Certificate> issue(const CertificateTemplate& what, EVP_PKEY* issuer_key,
                          const EVP_MD* digest) {
  TRY(const openssl::Pkey subject_key, subject_pkey(what));
  const openssl::X509Handle certificate(X509_new());
  COCOON_CHECK(certificate != nullptr);

  bool built =
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), what.serial) == 1 &&
      set_names(certificate.get(), what) && set_times(certificate.get(), what) &&
      X509_set_pubkey(certificate.get(), subject_key.get()) == 1 &&
      add_kind(certificate.get(), what);
  for (const auto& [oid, der] : what.extensions)
    built = built && add_extension(certificate.get(), oid, der);
  built = built && X509_sign(certificate.get(), issuer_key, digest) > 0;
  if (!built)
    return refuse(CryptoError::kBadCertificate, "certificate could not be made as described");

  Bytes der;
  const int length = i2d_X509(certificate.get(), nullptr);
  COCOON_CHECK(length > 0);
  der.resize(static_cast<std::size_t>(length));
  unsigned char* cursor = raw(MutableBytesView(der));
  COCOON_CHECK(i2d_X509(certificate.get(), &cursor) == length);
  return Certificate::from_der(der);
}

}  // namespace

Result<Certificate> issue_certificate(const CertificateTemplate& what, const P256KeyPair& issuer) {
  TRY(const openssl::EcdsaPrivate key,
      openssl::ecdsa_private_pkey(openssl::kCurveNames<P256>, issuer.expose_private()));
  return issue(what, key.pkey.get(), EVP_sha256());
}

Result<Certificate> issue_certificate(const CertificateTemplate& what, const P384KeyPair& issuer) {
  TRY(const openssl::EcdsaPrivate key,
      openssl::ecdsa_private_pkey(openssl::kCurveNames<P384>, issuer.expose_private()));
  return issue(what, key.pkey.get(), EVP_sha384());
}

}  // namespace cocoon::crypto
