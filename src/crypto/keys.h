#pragma once

#include <memory>

#include "base/secret.h"
#include "base/strong.h"
#include "crypto/ecdsa.h"
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

  Ed25519KeyPair(Ed25519KeyPair&&) noexcept = default;
  Ed25519KeyPair& operator=(Ed25519KeyPair&&) noexcept = default;
  Ed25519KeyPair(const Ed25519KeyPair&) = delete;
  Ed25519KeyPair& operator=(const Ed25519KeyPair&) = delete;

 private:
  struct State;
  Ed25519KeyPair(std::shared_ptr<const State> state, const Ed25519PublicKey& public_key);
  std::shared_ptr<const State> state_;  // ready for use; wiped when it goes
  Ed25519PublicKey public_key_;
};
// RFC 8032 §5.1.7 without its optional cofactor, and stricter: keys and R of small order or not in
// their one canonical form are refused, so that one key stands for one signer.
[[nodiscard]] Status verify_ed25519(const Ed25519PublicKey& key, BytesView message,
                                    const Ed25519Signature& signature);

// RFC 7748 X25519.
class X25519KeyPair {
 public:
  [[nodiscard]] static X25519KeyPair from_private(SecretArray<32> private_key);
  [[nodiscard]] const X25519PublicKey& public_key() const { return public_key_; }
  // Refuses a peer point of small order (all-zero result, RFC 9180 §7.1.4).
  [[nodiscard]] Result<SecretArray<32>> shared_secret(const X25519PublicKey& peer) const;

  X25519KeyPair(X25519KeyPair&&) noexcept = default;
  X25519KeyPair& operator=(X25519KeyPair&&) noexcept = default;
  X25519KeyPair(const X25519KeyPair&) = delete;
  X25519KeyPair& operator=(const X25519KeyPair&) = delete;

 private:
  struct State;
  X25519KeyPair(std::shared_ptr<const State> state, const X25519PublicKey& public_key);
  std::shared_ptr<const State> state_;
  X25519PublicKey public_key_;
};

}  // namespace cocoon::crypto
