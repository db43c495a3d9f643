#pragma once

#include <span>
#include <vector>

#include "attest/verify.h"
#include "ports/world.h"

namespace cocoon::client {

// A worker as far as it matters for choosing among them.
struct Offered {
  BytesView platform_id;
  std::span<const attest::nvidia::JudgedGpu> gpus;
};

// The places of these workers in an order of preference, drawn anew each time (DESIGN §5): first of
// each machine before second of any, so that more guests on one machine gain nothing; a machine is
// the likelier to be early the more GPUs its workers prove, each GPU counted once, and a machine
// without any as one with one; of a machine's own workers all are as likely.
[[nodiscard]] std::vector<std::size_t> draw_order(std::span<const Offered> workers,
                                                  ports::Random& random);

// From 0 to below the bound, which is not 0; each as likely.
[[nodiscard]] std::size_t random_below(ports::Random& random, std::size_t bound);

}  // namespace cocoon::client
