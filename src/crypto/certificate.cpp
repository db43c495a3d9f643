#include "crypto/certificate.h"

#include "codec/der.h"
#include "crypto/certificate_state.h"
#include "crypto/hash.h"

namespace cocoon::crypto {
namespace {

using codec::DerReader;
using codec::DerTag;

constexpr std::size_t kDerSizeMax = 16384;  // real ones stay under 3 KiB
constexpr std::string_view kEcPublicKey = "1.2.840.10045.2.1";
constexpr std::string_view kPrime256v1 = "1.2.840.10045.3.1.7";
constexpr std::string_view kSecp384r1 = "1.3.132.0.34";

// An elliptic-curve key of a SubjectPublicKeyInfo (RFC 5480 section 2).
struct CurvePoint {
  std::string curve;  // dotted; empty for a key of another kind
  BytesView encoded;  // SEC 1
};

Result<CurvePoint> read_point(BytesView public_key) {
  DerReader document(public_key);
  TRY(DerReader in, document.sequence());
  TRY(DerReader algorithm, in.sequence());
  TRY(const std::string kind, algorithm.object_identifier());
  CurvePoint out;
  if (kind != kEcPublicKey) return out;
  TRY(out.curve, algorithm.object_identifier());
  TRY_VOID(algorithm.expect_end());
  TRY(const BytesView bits, in.element(DerTag::kBitString));
  TRY_VOID(in.expect_end());
  if (bits.empty() || bits[0] != std::byte{0}) {
    return fail(CryptoError::kBadCertificate, "key that is not whole bytes");
  }
  out.encoded = bits.subspan(1);
  return out;
}

template <class Curve, class State>
Status take_point(BytesView encoded, State& state) {
  constexpr std::byte kUncompressed{4};  // SEC 1: 04 ‖ x ‖ y
  if (encoded.empty() || encoded[0] != kUncompressed) {
    return fail(CryptoError::kBadCertificate, "certificate's key is not an uncompressed point");
  }
  const auto key = EcdsaPublicKey<Curve>::from(encoded.subspan(1));
  if (!key) return fail(CryptoError::kBadCertificate, "certificate's key is of a wrong size");
  auto verifier = EcdsaVerifier<Curve>::create(*key);
  if (!verifier) return fail(CryptoError::kBadCertificate, "certificate's key is not on its curve");
  state.public_key = *key;
  state.key = *std::move(verifier);
  return {};
}

// The alternative that is on this curve.
template <class Key, class Variant>
Result<Key> key_of(const Variant& keys, std::string_view curve) {
  if (const auto* key = std::get_if<Key>(&keys)) return *key;
  return fail(CryptoError::kBadCertificate, "certificate's key is not on " + std::string(curve));
}

}  // namespace

Certificate::Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<Certificate> Certificate::from_der(BytesView der) {
  if (der.size() > kDerSizeMax) return fail(CryptoError::kBadCertificate, "certificate too long");
  auto state = std::make_shared<State>();
  state->der = to_bytes(der);
  state->fingerprint = CertificateFingerprint(sha256(state->der));
  TRY(state->fields, x509::read_certificate(state->der));
  TRY(state->powers, x509::read_powers(state->fields.extensions));
  const auto point = read_point(state->fields.public_key);
  if (!point) return fail(CryptoError::kBadCertificate, "certificate's key cannot be read");
  if (point->curve == kPrime256v1) {
    TRY_VOID(take_point<P256>(point->encoded, *state));
  }
  if (point->curve == kSecp384r1) {
    TRY_VOID(take_point<P384>(point->encoded, *state));
  }
  return Certificate(std::move(state));
}

const Bytes& Certificate::der() const { return state_->der; }

CertificateFingerprint Certificate::fingerprint() const { return state_->fingerprint; }

std::string Certificate::subject_common_name() const {
  return x509::common_name(state_->fields.subject);
}

std::string Certificate::issuer_common_name() const {
  return x509::common_name(state_->fields.issuer);
}

UnixSeconds Certificate::not_before() const { return state_->fields.not_before; }
UnixSeconds Certificate::not_after() const { return state_->fields.not_after; }

bool Certificate::is_certificate_authority() const { return state_->powers.is_authority; }

Result<P256PublicKey> Certificate::p256_public_key() const {
  return key_of<P256PublicKey>(state_->public_key, "P-256");
}
Result<P384PublicKey> Certificate::p384_public_key() const {
  return key_of<P384PublicKey>(state_->public_key, "P-384");
}
Result<P256Verifier> Certificate::p256_verifier() const {
  return key_of<P256Verifier>(state_->key, "P-256");
}
Result<P384Verifier> Certificate::p384_verifier() const {
  return key_of<P384Verifier>(state_->key, "P-384");
}

std::optional<Bytes> Certificate::extension(std::string_view oid) const {
  for (const x509::Extension& extension : state_->fields.extensions) {
    const Bytes element = codec::der_element(DerTag::kObjectIdentifier, extension.oid);
    if (DerReader(element).object_identifier() == std::string(oid))
      return to_bytes(extension.value);
  }
  return std::nullopt;
}

}  // namespace cocoon::crypto
