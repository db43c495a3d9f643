#include "crypto/password.h"

#include <openssl/hmac.h>

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {

using openssl::raw;

SecretArray<64> hmac_sha512(BytesView key, BytesView message) {
  SecretArray<64> out;
  unsigned int length = 0;
  COCOON_CHECK(HMAC(EVP_sha512(), raw(key), static_cast<int>(key.size()), raw(message),
                    message.size(), raw(out.expose_mutable()), &length) != nullptr);
  COCOON_CHECK(length == out.expose().size());
  return out;
}

SecretArray<64> pbkdf2_sha512(BytesView password, BytesView salt, unsigned iterations) {
  SecretArray<64> out;
  const std::string_view characters = as_text(password);
  COCOON_CHECK(PKCS5_PBKDF2_HMAC(characters.data(), static_cast<int>(characters.size()), raw(salt),
                                 static_cast<int>(salt.size()), static_cast<int>(iterations),
                                 EVP_sha512(), 64, raw(out.expose_mutable())) == 1);
  return out;
}

}  // namespace cocoon::crypto
