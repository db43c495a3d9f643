#include "sealed/open_request/replay_guard.h"

namespace cocoon::sealed {

Status ReplayGuard::insert(const RequestId& id, std::uint32_t key_epoch) {
  if (seen_.contains(id)) return fail(SealedError::kReplayed, "this request was seen before");
  if (seen_.size() >= capacity_) {
    return fail(SealedError::kReplayGuardFull, "too many requests in this key epoch");
  }
  seen_.emplace(id, key_epoch);
  return {};
}

void ReplayGuard::forget(std::uint32_t key_epoch) {
  std::erase_if(seen_, [&](const auto& entry) { return entry.second == key_epoch; });
}

}  // namespace cocoon::sealed
