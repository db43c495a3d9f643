#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "async/event.h"
#include "base/result.h"
#include "roles/worker/error.h"

namespace cocoon::worker {

using async::Task;

// How many requests a worker holds: `running_max` in the engine and `queue_max` waiting. A request
// that is slow to arrive holds a place, and holds up nobody.
//
// Peers (the proxies that it is attached to) share them fairly. Half of all places are reserved in
// equal parts, one for each peer that ever asked; a peer that has filled its part takes others only
// while the parts of the rest stay free for them. Of those who wait, the peer that runs least is
// next, and among its requests the one that was ready first.
class Places {
 public:
  Places(const async::Executor& executor, std::uint32_t running_max, std::uint32_t queue_max)
      : running_max_(running_max), queue_max_(queue_max), changed_(executor) {}

  // Occupies one place while it lives. Must not outlive its Places.
  class Ticket {
   public:
    Ticket(Places& places, std::uint32_t peer) : places_(&places), peer_(peer) {}
    Ticket(Ticket&& other) noexcept
        : places_(std::exchange(other.places_, nullptr)),
          peer_(other.peer_),
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
    std::uint32_t peer_;
    std::uint64_t number_ = 0;
    Stage stage_ = Stage::kArriving;
  };

  // A place in the queue, or kBusy. Peers are numbered by the caller, who bounds how many there
  // are.
  [[nodiscard]] Result<Ticket> enter(std::uint32_t peer);

  [[nodiscard]] std::uint32_t total() const { return running_max_ + queue_max_; }
  [[nodiscard]] std::uint32_t occupied() const { return running_ + waiting(); }
  [[nodiscard]] std::uint32_t running() const { return running_; }
  [[nodiscard]] std::uint32_t waiting() const {
    return arriving_ + static_cast<std::uint32_t>(waiting_.size());
  }
  // Returns once nobody is left inside.
  [[nodiscard]] Task<void> wait_empty();

 private:
  struct Share {
    std::uint32_t held = 0;  // places, running ones included
    std::uint32_t running = 0;
  };
  struct Waiting {
    std::uint64_t number;
    std::uint32_t peer;
  };
  [[nodiscard]] bool leaves_room_for_others(std::uint32_t peer) const;
  [[nodiscard]] std::uint64_t next_in_line() const;

  std::uint32_t running_max_;
  std::uint32_t queue_max_;
  std::map<std::uint32_t, Share> shares_;
  std::uint32_t running_ = 0;
  std::uint32_t arriving_ = 0;  // have a place and have not asked for their turn
  std::uint64_t next_number_ = 0;
  std::deque<Waiting> waiting_;  // in order of arrival
  async::Event changed_;
};

}  // namespace cocoon::worker
