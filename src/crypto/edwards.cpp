#include "crypto/edwards.h"

#include <sodium/crypto_sign_ed25519.h>

#include <algorithm>

#include "crypto/openssl_handles.h"

namespace cocoon::crypto {

using openssl::raw;

Result<X25519PublicKey> x25519_of(const Ed25519PublicKey& key) {
  ByteArray<32> u;
  if (crypto_sign_ed25519_pk_to_curve25519(raw(MutableBytesView(u)), raw(key.view())) != 0)
    return fail(CryptoError::kBadKey, "an Ed25519 key that is no usable point");
  return X25519PublicKey(u);
}

X25519KeyPair x25519_of_seed(const SecretArray<32>& seed) {
  Sha512Digest digest = sha512({seed.expose()});
  ByteArray<32> scalar;
  std::copy_n(digest.begin(), scalar.size(), scalar.begin());
  wipe(digest);
  return X25519KeyPair::from_private(SecretArray<32>(scalar));  // X25519 clamps as Ed25519 does
}

}  // namespace cocoon::crypto
