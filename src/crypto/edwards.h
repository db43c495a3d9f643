#pragma once

#include "crypto/keys.h"

namespace cocoon::crypto {

// The X25519 form of an Ed25519 key: u = (1 + y) / (1 - y) (RFC 7748 §4.1). ADNL agrees on keys
// with its peers' signing keys. kBadKey for bytes that are no point of the curve's prime-order
// group.
[[nodiscard]] Result<X25519PublicKey> x25519_of(const Ed25519PublicKey& key);
// The private side of the same: the scalar that RFC 8032 §5.1.5 derives from the seed.
[[nodiscard]] X25519KeyPair x25519_of_seed(const SecretArray<32>& seed);

}  // namespace cocoon::crypto
