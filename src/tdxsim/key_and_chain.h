#pragma once

#include <vector>

#include "crypto/certificate.h"
#include "crypto/ecdsa.h"

namespace cocoon::tdxsim {

// A P-384 key with its certificates, leaf first, as one secret document, and back.
struct KeyAndChain {
  crypto::P384KeyPair key;
  std::vector<crypto::Certificate> leaf_first;  // at least one
};
[[nodiscard]] SecretBytes save_key_and_chain(const crypto::P384KeyPair& key,
                                             const std::vector<crypto::Certificate>& leaf_first);
[[nodiscard]] Result<KeyAndChain> load_key_and_chain(BytesView saved);

}  // namespace cocoon::tdxsim
