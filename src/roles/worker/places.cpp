#include "roles/worker/places.h"

#include <algorithm>

namespace cocoon::worker {

Result<Places::Ticket> Places::enter() {
  if (occupied() >= total()) return fail(WorkerError::kBusy, "every place of this worker is taken");
  Ticket ticket(*this);
  ticket.number_ = next_number_++;
  waiting_.push_back(ticket.number_);
  return ticket;
}

Task<void> Places::Ticket::run() {
  while (places_->running_ >= places_->running_max_ || places_->waiting_.front() != number_) {
    co_await places_->changed_.wait();
  }
  places_->waiting_.pop_front();
  ++places_->running_;
  is_running_ = true;
  // The next in line may have a free place too.
  places_->changed_.notify();
}

Places::Ticket::~Ticket() {
  if (places_ == nullptr) return;
  if (is_running_) {
    --places_->running_;
  } else {
    std::erase(places_->waiting_, number_);
  }
  places_->changed_.notify();
}

Task<void> Places::wait_empty() {
  while (occupied() > 0) co_await changed_.wait();
}

}  // namespace cocoon::worker
