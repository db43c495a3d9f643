#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/strong.h"
#include "sealed/format/error.h"

namespace cocoon::sealed {

// Remembers the request ids that were accepted until their envelope has expired or the private key
// that opened it is wiped, whichever comes first: from then on nobody could be answered a second
// time. Bounded: when full it refuses new requests rather than forget ids that could come again.
// Ids are the clients' choice, so they are kept in a tree, whose depth nobody can attack.
class ReplayGuard {
 public:
  explicit ReplayGuard(std::size_t capacity) : capacity_(capacity) {}

  // `expires` is the envelope's and `now` the worker's time, which never goes backward. kExpired if
  // the one is not ahead of the other: an id that was forgotten is never taken again. kReplayed if
  // the id was inserted before, under whichever epoch; kReplayGuardFull if there is no room.
  [[nodiscard]] Status insert(const RequestId& id, std::uint32_t key_epoch, UnixSeconds expires,
                              UnixSeconds now);
  // Once the epoch's private key is gone, its envelopes open no more.
  void forget(std::uint32_t key_epoch);
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  void forget_expired(UnixSeconds now);

  std::size_t capacity_;
  std::map<RequestId, std::uint32_t> seen_;  // with its key epoch
  std::set<std::pair<UnixSeconds, RequestId>> by_expiry_;
};

}  // namespace cocoon::sealed
