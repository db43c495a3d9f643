#pragma once

#include <cstdint>
#include <map>

#include "base/strong.h"
#include "sealed/format/error.h"

namespace cocoon::sealed {

// Remembers the request ids that were accepted under each key epoch until the epoch's private key
// is wiped. Bounded: when full it refuses new requests rather than forget old ones. Ids are the
// clients' choice, so they are kept in a tree, whose depth nobody can attack.
class ReplayGuard {
 public:
  explicit ReplayGuard(std::size_t capacity) : capacity_(capacity) {}

  // kReplayed if the id was inserted before, under whichever epoch; kReplayGuardFull if there is no
  // room.
  [[nodiscard]] Status insert(const RequestId& id, std::uint32_t key_epoch);
  // Once the epoch's private key is gone, its envelopes open no more.
  void forget(std::uint32_t key_epoch);
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  std::size_t capacity_;
  std::map<RequestId, std::uint32_t> seen_;
};

}  // namespace cocoon::sealed
