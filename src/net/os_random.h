#pragma once

#include "ports/world.h"

namespace cocoon::net {

// The operating system's randomness, by OpenSSL's generator. Ends the process if there is none: no
// caller could go on.
class OsRandom final : public ports::Random {
 public:
  void fill(MutableBytesView out) override;
};

}  // namespace cocoon::net
