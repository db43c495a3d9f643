#include "sealed/open_request/replay_guard.h"

namespace cocoon::sealed {

Status ReplayGuard::insert(const RequestId& id, std::uint32_t key_epoch, UnixSeconds expires,
                           UnixSeconds now) {
  forget_expired(now);
  if (expires <= now) return fail(SealedError::kExpired, "this request has expired");
  if (seen_.contains(id)) return fail(SealedError::kReplayed, "this request was seen before");
  if (seen_.size() >= capacity_) {
    return fail(SealedError::kReplayGuardFull, "too many requests in a short time");
  }
  seen_.emplace(id, key_epoch);
  by_expiry_.emplace(expires, id);
  return {};
}

void ReplayGuard::forget_expired(UnixSeconds now) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    seen_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
}

void ReplayGuard::forget(std::uint32_t key_epoch) {
  std::erase_if(by_expiry_, [&](const auto& entry) {
    const auto seen = seen_.find(entry.second);
    if (seen->second != key_epoch) return false;
    seen_.erase(seen);
    return true;
  });
}

}  // namespace cocoon::sealed
