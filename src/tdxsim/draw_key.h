#pragma once

#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// A fresh key pair from this source of bytes.
template <class KeyPair>
[[nodiscard]] Result<KeyPair> draw_key(const Platform::FillRandom& random) {
  constexpr int kAttempts = 16;  // one in 2^32 P-256 scalars is out of range
  for (int i = 0; i < kAttempts; ++i) {
    SecretArray<KeyPair::kScalarSize> scalar;
    random(scalar.expose_mutable());
    if (auto key = KeyPair::from_private(std::move(scalar)); key.has_value()) return key;
  }
  return fail(crypto::CryptoError::kBadKey, "the source of randomness yields no key");
}

}  // namespace cocoon::tdxsim
