#include "base/secret.h"

#include <openssl/crypto.h>

namespace cocoon {

void wipe(MutableBytesView bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

bool constant_time_equal(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cocoon
