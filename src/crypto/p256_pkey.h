#pragma once

#include "crypto/keys.h"
#include "crypto/openssl_handles.h"

// For this room's sources only: P-256 keys as OpenSSL's objects.
namespace cocoon::crypto::openssl {

// Refuses coordinates that are no point of the curve.
[[nodiscard]] Result<Pkey> p256_public_pkey(const P256PublicKey& key);

struct P256Private {
  Pkey pkey;
  P256PublicKey public_key;
};
// Refuses a scalar outside [1, n-1]. `scalar` is 32 bytes, big-endian.
[[nodiscard]] Result<P256Private> p256_private_pkey(BytesView scalar);

}  // namespace cocoon::crypto::openssl
