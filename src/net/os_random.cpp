#include "net/os_random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"

namespace cocoon::net {

void OsRandom::fill(MutableBytesView out) {
  constexpr std::size_t kStep = std::size_t{1} << 20U;
  while (!out.empty()) {
    const std::size_t length = std::min(out.size(), kStep);
    COCOON_CHECK(
        RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(length)) == 1);
    out = out.subspan(length);
  }
}

}  // namespace cocoon::net
