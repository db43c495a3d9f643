#include "roles/worker/places.h"

#include <algorithm>

#include "base/check.h"

namespace cocoon::worker {

Result<Places::Ticket> Places::enter(std::uint32_t peer) {
  Share& share = shares_[peer];
  if (occupied() >= total()) return fail(WorkerError::kBusy, "every place of this worker is taken");
  if (!leaves_room_for_others(peer))
    return fail(WorkerError::kBusy, "the free places of this worker are for others");
  ++share.held;
  ++arriving_;
  return Ticket(*this, peer);
}

bool Places::leaves_room_for_others(std::uint32_t peer) const {
  const auto part = static_cast<std::uint32_t>(total() / (2 * shares_.size()));
  std::uint32_t reserved = 0;
  for (const auto& [other, share] : shares_) {
    if (other == peer && share.held < part) return true;
    if (other != peer && share.held < part) reserved += part - share.held;
  }
  return total() - occupied() > reserved;
}

std::uint64_t Places::next_in_line() const {
  return std::ranges::min_element(waiting_, {},
                                  [&](const Waiting& each) {
                                    return std::pair(shares_.at(each.peer).running, each.number);
                                  })
      ->number;
}

Task<void> Places::Ticket::run() {
  COCOON_CHECK(stage_ == Stage::kArriving);
  number_ = places_->next_number_++;
  places_->waiting_.push_back({.number = number_, .peer = peer_});
  --places_->arriving_;
  stage_ = Stage::kWaiting;
  while (places_->running_ >= places_->running_max_ || places_->next_in_line() != number_) {
    co_await places_->changed_.wait();
  }
  std::erase_if(places_->waiting_, [&](const Waiting& each) { return each.number == number_; });
  ++places_->running_;
  ++places_->shares_[peer_].running;
  stage_ = Stage::kRunning;
  // The next in line may have a free place too.
  places_->changed_.notify();
}

bool Places::Ticket::try_run() {
  COCOON_CHECK(stage_ == Stage::kArriving);
  if (!places_->waiting_.empty() || places_->running_ >= places_->running_max_) return false;
  --places_->arriving_;
  ++places_->running_;
  stage_ = Stage::kRunning;
  return true;
}

Places::Ticket::~Ticket() {
  if (places_ == nullptr) return;
  Share& share = places_->shares_[peer_];
  --share.held;
  switch (stage_) {
    case Stage::kArriving:
      --places_->arriving_;
      break;
    case Stage::kWaiting:
      std::erase_if(places_->waiting_, [&](const Waiting& each) { return each.number == number_; });
      break;
    case Stage::kRunning:
      --places_->running_;
      --share.running;
      break;
  }
  places_->changed_.notify();
}

Task<void> Places::wait_empty() {
  while (occupied() > 0) co_await changed_.wait();
}

}  // namespace cocoon::worker
