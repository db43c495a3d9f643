#pragma once

#include "base/result.h"

namespace cocoon::apps {

// CPU microseconds of the operations with public keys that a request runs: sealing's wraps, opening
// one, the two signatures of receipt and bill, and the checks of both. Medians.
struct AsymmetricCosts {
  double wrap_us = 0;    // ephemeral X25519 key, shared secret, key schedule, sealed content key
  double unwrap_us = 0;  // shared secret, key schedule, opened content key
  double sign_us = 0;    // Ed25519, 300 bytes
  double verify_us = 0;

  // One wrap for each candidate, one unwrap, two signatures, two checks.
  [[nodiscard]] double per_request_us(std::size_t candidates) const {
    return static_cast<double>(candidates) * wrap_us + unwrap_us + 2 * sign_us + 2 * verify_us;
  }
};

[[nodiscard]] Result<AsymmetricCosts> measure_asymmetric(std::size_t rounds);

}  // namespace cocoon::apps
