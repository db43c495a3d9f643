#pragma once

#include <memory>

#include "base/secret.h"
#include "base/strong.h"
#include "crypto/error.h"

namespace cocoon::crypto {

// ECDSA (FIPS 186-5) over a NIST curve with the hash of its strength: P-256 with SHA-256, P-384
// with SHA-384. Raw encodings as in SGX, SPDM and COSE: key x‖y, signature r‖s, big-endian.
struct P256 {
  static constexpr std::size_t kCoordinateSize = 32;
};
struct P384 {
  static constexpr std::size_t kCoordinateSize = 48;
};

template <class Curve>
struct EcdsaPublicTag;
template <class Curve>
struct EcdsaSignatureTag;
template <class Curve>
using EcdsaPublicKey = TaggedBytes<EcdsaPublicTag<Curve>, 2 * Curve::kCoordinateSize>;
template <class Curve>
using EcdsaSignature = TaggedBytes<EcdsaSignatureTag<Curve>, 2 * Curve::kCoordinateSize>;

using P256PublicKey = EcdsaPublicKey<P256>;
using P256Signature = EcdsaSignature<P256>;
using P384PublicKey = EcdsaPublicKey<P384>;
using P384Signature = EcdsaSignature<P384>;

// kBadKey if the key is no point of the curve, kBadSignature if the signature does not verify.
[[nodiscard]] Status verify_p256(const P256PublicKey& key, BytesView message,
                                 const P256Signature& signature);
[[nodiscard]] Status verify_p384(const P384PublicKey& key, BytesView message,
                                 const P384Signature& signature);

// A public key made ready once for many signatures.
template <class Curve>
class EcdsaVerifier {
 public:
  // kBadKey if the key is no point of the curve.
  [[nodiscard]] static Result<EcdsaVerifier> create(const EcdsaPublicKey<Curve>& key);
  // kBadSignature if it does not verify.
  [[nodiscard]] Status verify(BytesView message, const EcdsaSignature<Curve>& signature) const;

 private:
  struct State;
  explicit EcdsaVerifier(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};
extern template class EcdsaVerifier<P256>;
extern template class EcdsaVerifier<P384>;
using P256Verifier = EcdsaVerifier<P256>;
using P384Verifier = EcdsaVerifier<P384>;

// A signing key for the development roots of tdx-sim and for tests. The per-signature nonce is
// OpenSSL's own draw.
template <class Curve>
class EcdsaKeyPair {
 public:
  static constexpr std::size_t kScalarSize = Curve::kCoordinateSize;

  // kBadKey for a scalar outside [1, n-1].
  [[nodiscard]] static Result<EcdsaKeyPair> from_private(SecretArray<kScalarSize> scalar);
  [[nodiscard]] const EcdsaPublicKey<Curve>& public_key() const { return public_key_; }
  [[nodiscard]] Result<EcdsaSignature<Curve>> sign(BytesView message) const;
  [[nodiscard]] BytesView expose_private() const { return scalar_.expose(); }

  EcdsaKeyPair(EcdsaKeyPair&&) noexcept = default;
  EcdsaKeyPair& operator=(EcdsaKeyPair&&) noexcept = default;
  EcdsaKeyPair(const EcdsaKeyPair&) = delete;
  EcdsaKeyPair& operator=(const EcdsaKeyPair&) = delete;

 private:
  struct State;
  EcdsaKeyPair(SecretArray<kScalarSize> scalar, std::shared_ptr<const State> state,
               const EcdsaPublicKey<Curve>& public_key);
  SecretArray<kScalarSize> scalar_;
  std::shared_ptr<const State> state_;
  EcdsaPublicKey<Curve> public_key_;
};
extern template class EcdsaKeyPair<P256>;
extern template class EcdsaKeyPair<P384>;
using P256KeyPair = EcdsaKeyPair<P256>;
using P384KeyPair = EcdsaKeyPair<P384>;

}  // namespace cocoon::crypto
