#include <algorithm>

#include "codec/der.h"
#include "crypto/certificate_state.h"

namespace cocoon::crypto {
namespace {

using codec::DerReader;
using codec::DerTag;

// AlgorithmIdentifier of ECDSA with a hash (RFC 5758 section 3.2): no parameters.
template <class Curve>
constexpr std::string_view kAlgorithm{};
template <>
constexpr std::string_view kAlgorithm<P256> = "1.2.840.10045.4.3.2";
template <>
constexpr std::string_view kAlgorithm<P384> = "1.2.840.10045.4.3.3";

// A positive INTEGER as a big-endian number of exactly this size.
Status take_number(DerReader& in, MutableBytesView out) {
  TRY(BytesView content, in.element(DerTag::kInteger));
  if (content.empty() || std::to_integer<unsigned>(content[0]) >= 0x80) {
    return fail(CryptoError::kBadSignature, "not a positive number");
  }
  if (content[0] == std::byte{0}) {
    content = content.subspan(1);
    if (content.empty() || std::to_integer<unsigned>(content[0]) < 0x80) {
      return fail(CryptoError::kBadSignature, "not a positive number in DER");
    }
  }
  if (content.size() > out.size()) return fail(CryptoError::kBadSignature, "number too large");
  std::ranges::copy(content, out.end() - static_cast<std::ptrdiff_t>(content.size()));
  return {};
}

// ECDSA-Sig-Value (RFC 3279 section 2.2.3) as r‖s.
template <class Curve>
Result<EcdsaSignature<Curve>> read_signature(BytesView der) {
  DerReader document(der);
  TRY(DerReader in, document.sequence());
  TRY_VOID(document.expect_end());
  Bytes raw_signature(2 * Curve::kCoordinateSize);
  const MutableBytesView both(raw_signature);
  TRY_VOID(take_number(in, both.first(Curve::kCoordinateSize)));
  TRY_VOID(take_number(in, both.last(Curve::kCoordinateSize)));
  TRY_VOID(in.expect_end());
  return EcdsaSignature<Curve>::from(raw_signature);
}

template <class Curve>
bool is_signed_for(const EcdsaVerifier<Curve>&, BytesView algorithm) {
  DerReader document(algorithm);
  auto in = document.sequence();
  return in && in->object_identifier() == std::string(kAlgorithm<Curve>) && in->at_end();
}

template <class Curve>
Status verify_with(const EcdsaVerifier<Curve>& key, const x509::Signed& issued) {
  TRY(const auto signature, read_signature<Curve>(issued.signature));
  return key.verify(issued.message, signature);
}

}  // namespace

bool is_ecdsa(const x509::Signed& issued, const CertificateKey& issuer_key) {
  if (const auto* key = std::get_if<P256Verifier>(&issuer_key)) {
    return is_signed_for(*key, issued.algorithm);
  }
  if (const auto* key = std::get_if<P384Verifier>(&issuer_key)) {
    return is_signed_for(*key, issued.algorithm);
  }
  return false;
}

std::optional<Status> verify_ecdsa(const x509::Signed& issued, const CertificateKey& issuer_key) {
  if (!is_ecdsa(issued, issuer_key)) return std::nullopt;
  if (const auto* key = std::get_if<P256Verifier>(&issuer_key)) return verify_with(*key, issued);
  return verify_with(std::get<P384Verifier>(issuer_key), issued);
}

}  // namespace cocoon::crypto
