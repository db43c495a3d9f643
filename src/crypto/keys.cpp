#include "crypto/keys.h"

#include <sodium/crypto_sign_ed25519.h>

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;

}  // namespace

// libsodium's calls here draw no randomness and choose no implementation, so sodium_init() is not
// needed before them.
struct Ed25519KeyPair::State {
  SecretArray<crypto_sign_ed25519_SECRETKEYBYTES> key;  // the seed, then the public key
};

Ed25519KeyPair::Ed25519KeyPair(std::shared_ptr<const State> state,
                               const Ed25519PublicKey& public_key)
    : state_(std::move(state)), public_key_(public_key) {}

Ed25519KeyPair Ed25519KeyPair::from_seed(SecretArray<32> seed) {
  auto state = std::make_shared<State>();
  ByteArray<32> public_key;
  COCOON_CHECK(crypto_sign_ed25519_seed_keypair(raw(MutableBytesView(public_key)),
                                                raw(state->key.expose_mutable()),
                                                raw(seed.expose())) == 0);
  return {std::move(state), Ed25519PublicKey(public_key)};
}

Ed25519Signature Ed25519KeyPair::sign(BytesView message) const {
  COCOON_CHECK(state_ != nullptr);
  ByteArray<64> out;
  COCOON_CHECK(crypto_sign_ed25519_detached(raw(MutableBytesView(out)), nullptr, raw(message),
                                            message.size(), raw(state_->key.expose())) == 0);
  return Ed25519Signature(out);
}

Status verify_ed25519(const Ed25519PublicKey& key, BytesView message,
                      const Ed25519Signature& signature) {
  if (crypto_sign_ed25519_verify_detached(raw(signature.view()), raw(message), message.size(),
                                          raw(key.view())) != 0) {
    return fail(CryptoError::kBadSignature, "Ed25519 signature does not verify");
  }
  return {};
}

struct X25519KeyPair::State {
  openssl::Pkey pkey;
};

X25519KeyPair::X25519KeyPair(std::shared_ptr<const State> state, const X25519PublicKey& public_key)
    : state_(std::move(state)), public_key_(public_key) {}

X25519KeyPair X25519KeyPair::from_private(SecretArray<32> private_key) {
  auto state = std::make_shared<const State>(openssl::Pkey(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "X25519", nullptr, raw(private_key.expose()), private_key.expose().size())));
  COCOON_CHECK(state->pkey != nullptr);  // every 32 bytes are a private key
  ByteArray<32> public_key;
  std::size_t length = public_key.size();
  COCOON_CHECK(EVP_PKEY_get_raw_public_key(state->pkey.get(), raw(MutableBytesView(public_key)),
                                           &length) == 1 &&
               length == public_key.size());
  return {std::move(state), X25519PublicKey(public_key)};
}

Result<SecretArray<32>> X25519KeyPair::shared_secret(const X25519PublicKey& peer) const {
  COCOON_CHECK(state_ != nullptr);
  const openssl::Pkey peer_pkey(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, raw(peer.view()), 32));
  const openssl::PkeyContext context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, state_->pkey.get(), nullptr));
  COCOON_CHECK(peer_pkey != nullptr && context != nullptr);
  SecretArray<32> out;
  std::size_t length = 32;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer_pkey.get()) != 1 ||
      EVP_PKEY_derive(context.get(), raw(out.expose_mutable()), &length) != 1 || length != 32) {
    return refuse(CryptoError::kBadKey, "X25519 peer key is a point of small order");
  }
  static constexpr ByteArray<32> kZero{};
  if (constant_time_equal(out.expose(), kZero)) {
    return fail(CryptoError::kBadKey, "X25519 peer key is a point of small order");
  }
  return out;
}

}  // namespace cocoon::crypto
