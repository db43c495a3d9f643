#include "crypto/keys.h"

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;

template <class PublicKey>
PublicKey public_key_of(const EVP_PKEY* pkey) {
  ByteArray<PublicKey::kSize> out;
  std::size_t length = out.size();
  COCOON_CHECK(EVP_PKEY_get_raw_public_key(pkey, raw(MutableBytesView(out)), &length) == 1);
  COCOON_CHECK(length == out.size());
  return PublicKey(out);
}

openssl::Pkey private_pkey(const char* kind, const SecretArray<32>& bytes) {
  openssl::Pkey pkey(
      EVP_PKEY_new_raw_private_key_ex(nullptr, kind, nullptr, raw(bytes.expose()), 32));
  COCOON_CHECK(pkey != nullptr);  // every 32 bytes are a private key of these two curves
  return pkey;
}

}  // namespace

struct Ed25519KeyPair::State {
  openssl::Pkey pkey;
};

Ed25519KeyPair::Ed25519KeyPair(std::shared_ptr<const State> state,
                               const Ed25519PublicKey& public_key)
    : state_(std::move(state)), public_key_(public_key) {}

Ed25519KeyPair Ed25519KeyPair::from_seed(SecretArray<32> seed) {
  auto state = std::make_shared<const State>(private_pkey("ED25519", seed));
  const auto public_key = public_key_of<Ed25519PublicKey>(state->pkey.get());
  return {std::move(state), public_key};
}

Ed25519Signature Ed25519KeyPair::sign(BytesView message) const {
  COCOON_CHECK(state_ != nullptr);
  const openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(context != nullptr);
  COCOON_CHECK(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                     state_->pkey.get(), nullptr) == 1);
  ByteArray<64> out;
  std::size_t length = out.size();
  COCOON_CHECK(EVP_DigestSign(context.get(), raw(MutableBytesView(out)), &length, raw(message),
                              message.size()) == 1);
  COCOON_CHECK(length == out.size());
  return Ed25519Signature(out);
}

Status verify_ed25519(const Ed25519PublicKey& key, BytesView message,
                      const Ed25519Signature& signature) {
  const openssl::Pkey pkey(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw(key.view()), 32));
  const openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(pkey != nullptr && context != nullptr);
  COCOON_CHECK(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                       pkey.get(), nullptr) == 1);
  if (EVP_DigestVerify(context.get(), raw(signature.view()), signature.view().size(), raw(message),
                       message.size()) != 1) {
    return refuse(CryptoError::kBadSignature, "Ed25519 signature does not verify");
  }
  return {};
}

struct X25519KeyPair::State {
  openssl::Pkey pkey;
};

X25519KeyPair::X25519KeyPair(std::shared_ptr<const State> state, const X25519PublicKey& public_key)
    : state_(std::move(state)), public_key_(public_key) {}

X25519KeyPair X25519KeyPair::from_private(SecretArray<32> private_key) {
  auto state = std::make_shared<const State>(private_pkey("X25519", private_key));
  const auto public_key = public_key_of<X25519PublicKey>(state->pkey.get());
  return {std::move(state), public_key};
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
