#pragma once

#include <optional>

#include "attest/amd/product.h"

namespace cocoon::attest::amd {

// Which processors may be a worker's, with the oldest firmware allowed on each. Without an entry a
// product is refused; Milan cannot have one.
struct GuestPolicy {
  std::optional<TcbVersion> genoa_tcb_min = std::nullopt;
  std::optional<TcbVersion> turin_tcb_min = std::nullopt;
};

}  // namespace cocoon::attest::amd
