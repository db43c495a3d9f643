#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "async/event.h"
#include "base/result.h"
#include "roles/worker/error.h"

namespace cocoon::worker {

using async::Task;

// How many requests a worker holds: `running_max` in the engine and `queue_max` waiting. Served in
// the order in which they were ready to run: a request that is slow to arrive holds a place, and
// holds up nobody.
class Places {
 public:
  Places(const async::Executor& executor, std::uint32_t running_max, std::uint32_t queue_max)
      : running_max_(running_max), queue_max_(queue_max), changed_(executor) {}

  // Occupies one place while it lives. Must not outlive its Places.
  class Ticket {
   public:
    explicit Ticket(Places& places) : places_(&places) {}
    Ticket(Ticket&& other) noexcept
        : places_(std::exchange(other.places_, nullptr)),
          number_(other.number_),
          stage_(other.stage_) {}
    Ticket& operator=(Ticket&&) = delete;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket();
    // Waits for the turn of this ticket. Once.
    [[nodiscard]] Task<void> run();
    // Takes the turn if nobody waits and there is room; else changes nothing, and run() waits.
    [[nodiscard]] bool try_run();

   private:
    enum class Stage : std::uint8_t { kArriving, kWaiting, kRunning };
    Places* places_;
    std::uint64_t number_ = 0;
    Stage stage_ = Stage::kArriving;
  };

  // A place in the queue, or kBusy.
  [[nodiscard]] Result<Ticket> enter();

  [[nodiscard]] std::uint32_t total() const { return running_max_ + queue_max_; }
  [[nodiscard]] std::uint32_t occupied() const { return running_ + waiting(); }
  [[nodiscard]] std::uint32_t running() const { return running_; }
  [[nodiscard]] std::uint32_t waiting() const {
    return arriving_ + static_cast<std::uint32_t>(waiting_.size());
  }
  // Returns once nobody is left inside.
  [[nodiscard]] Task<void> wait_empty();

 private:
  std::uint32_t running_max_;
  std::uint32_t queue_max_;
  std::uint32_t running_ = 0;
  std::uint32_t arriving_ = 0;  // have a place and have not asked for their turn
  std::uint64_t next_number_ = 0;
  std::deque<std::uint64_t> waiting_;
  async::Event changed_;
};

}  // namespace cocoon::worker
