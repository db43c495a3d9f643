#pragma once

#include <variant>

#include "crypto/certificate.h"
#include "crypto/ecdsa.h"
#include "crypto/x509.h"

namespace cocoon::crypto {

// A key of neither curve, which only OpenSSL knows how to use: AMD's authorities have RSA keys.
struct ForeignKey {};
using CertificateKey = std::variant<ForeignKey, P256Verifier, P384Verifier>;

// For this room's sources only. The views of `fields` are into `der`.
struct Certificate::State {
  Bytes der;
  CertificateFingerprint fingerprint;
  x509::CertificateFields fields;
  x509::Powers powers;
  std::variant<std::monostate, P256PublicKey, P384PublicKey> public_key;
  CertificateKey key;
};

// Whether `issued` was signed by this key with ECDSA and the hash of its curve; none if the key or
// the algorithm is another.
[[nodiscard]] std::optional<Status> verify_ecdsa(const x509::Signed& issued,
                                                 const CertificateKey& issuer_key);
// Whether it says that it was.
[[nodiscard]] bool is_ecdsa(const x509::Signed& issued, const CertificateKey& issuer_key);

}  // namespace cocoon::crypto
