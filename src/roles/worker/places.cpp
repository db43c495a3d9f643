#include "roles/worker/places.h"

#include <algorithm>

#include "base/check.h"

namespace cocoon::worker {

Result<Places::Ticket> Places::enter() {
  if (occupied() >= total()) return fail(WorkerError::kBusy, "every place of this worker is taken");
  ++arriving_;
  return Ticket(*this);
}

Task<void> Places::Ticket::run() {
  COCOON_CHECK(stage_ == Stage::kArriving);
  number_ = places_->next_number_++;
  places_->waiting_.push_back(number_);
  --places_->arriving_;
  stage_ = Stage::kWaiting;
  while (places_->running_ >= places_->running_max_ || places_->waiting_.front() != number_) {
    co_await places_->changed_.wait();
  }
  places_->waiting_.pop_front();
  ++places_->running_;
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
  switch (stage_) {
    case Stage::kArriving:
      --places_->arriving_;
      break;
    case Stage::kWaiting:
      std::erase(places_->waiting_, number_);
      break;
    case Stage::kRunning:
      --places_->running_;
      break;
  }
  places_->changed_.notify();
}

Task<void> Places::wait_empty() {
  while (occupied() > 0) co_await changed_.wait();
}

}  // namespace cocoon::worker
