#include "ports/chain_time.h"

namespace cocoon::ports {

Task<Status> ChainTime::refresh() {
  CO_TRY(const Block newest, co_await head_.newest_block());
  if (newest.generated_at > now()) {
    known_ = newest.generated_at;
    known_at_ = clock_.now();
  }
  co_return Status();
}

UnixSeconds ChainTime::now() const {
  if (known_ == UnixSeconds()) return known_;
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - known_at_);
  return UnixSeconds(known_.value() + static_cast<std::uint32_t>(elapsed.count()));
}

}  // namespace cocoon::ports
