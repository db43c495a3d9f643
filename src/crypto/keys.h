#pragma once

#include "base/secret.h"
#include "base/strong.h"
#include "crypto/error.h"
#include "crypto/hash.h"

namespace cocoon::crypto {

using Ed25519PublicKey = TaggedBytes<struct Ed25519PublicTag, 32>;
using Ed25519Signature = TaggedBytes<struct Ed25519SignatureTag, 64>;
using X25519PublicKey = TaggedBytes<struct X25519PublicTag, 32>;

// RFC 8032 Ed25519 (pure).
class Ed25519KeyPair {
 public:
  [[nodiscard]] static Ed25519KeyPair from_seed(SecretArray<32> seed);
  [[nodiscard]] const Ed25519PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] Ed25519Signature sign(BytesView message) const;

 private:
  Ed25519KeyPair(SecretArray<32> seed, const Ed25519PublicKey& public_key);
  SecretArray<32> seed_;
  Ed25519PublicKey public_key_;
};
[[nodiscard]] Status verify_ed25519(const Ed25519PublicKey& key, BytesView message,
                                    const Ed25519Signature& signature);

// RFC 7748 X25519.
class X25519KeyPair {
 public:
  [[nodiscard]] static X25519KeyPair from_private(SecretArray<32> private_key);
  [[nodiscard]] const X25519PublicKey& public_key() const { return public_key_; }
  // Refuses a peer point of small order (all-zero result, RFC 9180 §7.1.4).
  [[nodiscard]] Result<SecretArray<32>> shared_secret(const X25519PublicKey& peer) const;

 private:
  X25519KeyPair(SecretArray<32> private_key, const X25519PublicKey& public_key);
  SecretArray<32> private_key_;
  X25519PublicKey public_key_;
};

// ECDSA over P-256 with SHA-256 (FIPS 186-5). Raw encodings as in SGX and COSE: key x‖y, signature r‖s, big-endian.
using P256PublicKey = TaggedBytes<struct P256PublicTag, 64>;
using P256Signature = TaggedBytes<struct P256SignatureTag, 64>;
[[nodiscard]] Status verify_p256(const P256PublicKey& key, BytesView message, const P256Signature& signature);

// A signing key for the development root of tdx-sim and for tests.
class P256KeyPair {
 public:
  [[nodiscard]] static Result<P256KeyPair> from_private(SecretArray<32> scalar);
  [[nodiscard]] const P256PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] Result<P256Signature> sign(BytesView message) const;
  [[nodiscard]] BytesView expose_private() const { return scalar_.expose(); }

 private:
  P256KeyPair(SecretArray<32> scalar, const P256PublicKey& public_key);
  SecretArray<32> scalar_;
  P256PublicKey public_key_;
};

}  // namespace cocoon::crypto
