#pragma once

#include "base/secret.h"
#include "crypto/hash.h"

namespace cocoon::crypto {

// RFC 2104 with SHA-512.
[[nodiscard]] SecretArray<64> hmac_sha512(BytesView key, BytesView message);
// RFC 8018 §5.2 (PBKDF2) with HMAC-SHA-512 and 64 bytes of result; `iterations` is at least 1.
[[nodiscard]] SecretArray<64> pbkdf2_sha512(BytesView password, BytesView salt,
                                            unsigned iterations);

}  // namespace cocoon::crypto
