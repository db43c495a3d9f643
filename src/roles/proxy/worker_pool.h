#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "ports/judge.h"
#include "ports/link.h"
#include "ports/metrics.h"
#include "ports/world.h"
#include "wire/directory.h"

namespace cocoon::proxy {

using async::Task;

enum class ProxyError : std::uint16_t {
  kTooManyWorkers = 1,
  kEvidenceRefused = 2,  // a worker's evidence does not hold, or is another worker's
};
constexpr Library library_of(ProxyError) { return Library::kProxy; }

// A worker that is attached now. Requests under way keep it alive after it is gone.
class AttachedWorker {
 public:
  AttachedWorker(std::shared_ptr<ports::WorkerLink> link, std::uint64_t serial,
                 async::TimePoint attached_at)
      : link_(std::move(link)), serial_(serial), attached_at_(attached_at) {}

  [[nodiscard]] ports::HttpClient& client() { return link_->client(); }
  [[nodiscard]] const crypto::Ed25519PublicKey& identity_key() const {
    return link_->identity_key();
  }
  [[nodiscard]] bool is_open() const;
  // Its places that are taken, as last reported and corrected by what this proxy sent and saw end
  // since; in thousandths of its places.
  [[nodiscard]] std::uint32_t busy_permille() const;
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  // Grows with each request sent: among equally busy workers the one that waited longest is next.
  [[nodiscard]] std::uint64_t last_chosen() const { return last_chosen_; }

  // Counts a request against this worker while it lives.
  class InFlight {
   public:
    InFlight(std::shared_ptr<AttachedWorker> worker, std::uint64_t turn);
    InFlight(InFlight&&) noexcept = default;
    InFlight& operator=(InFlight&&) = delete;
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    ~InFlight();

   private:
    std::shared_ptr<AttachedWorker> worker_;
  };

 private:
  friend class WorkerPool;
  struct Key {
    Kid kid;
    ModelHash model_hash;
    Bytes evidence;
    Bytes platform_id;
    attest::VerdictTerm term;
    PolicyHash judged_under;
    async::TimePoint judged_at;
  };

  std::shared_ptr<ports::WorkerLink> link_;
  std::uint64_t serial_;
  async::TimePoint attached_at_;
  wire::LoadReport load_;
  std::vector<Key> keys_;  // newest first, accepted ones only
  std::map<Kid, async::TimePoint> refused_;
  Status offered_collateral_;  // what became of it
  std::uint32_t in_flight_ = 0;
  std::uint32_t in_flight_at_report_ = 0;
  std::uint64_t last_chosen_ = 0;
};

// The workers attached to this proxy, each watched by a loop that asks for its load and judges its
// evidence.
class WorkerPool {
 public:
  struct World {
    ports::Registry& registry;
    ports::ChainHead& chain;
    ports::FloorStore& floors;
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  WorkerPool(std::size_t workers_max, World world) : workers_max_(workers_max), world_(world) {}

  // Takes over a connection that a worker opened and watches it until it ends; it replaces an older
  // one of the same worker. Closes it at once if there are too many.
  void attach(const async::Executor& executor, std::shared_ptr<ports::WorkerLink> link);

  [[nodiscard]] wire::Directory directory() const;
  // Encoded evidence of a kid in the directory; nullptr if there is none.
  [[nodiscard]] const Bytes* evidence(const Kid& kid) const;
  // Collateral that the directory names; nullptr if there is none of this digest.
  [[nodiscard]] const Bytes* collateral(const CollateralDigest& digest) const;
  // The worker that answers under this kid and takes requests; nullptr if there is none.
  [[nodiscard]] std::shared_ptr<AttachedWorker> find(const Kid& kid) const;
  [[nodiscard]] std::size_t size() const { return workers_.size(); }
  [[nodiscard]] std::uint64_t next_turn() { return ++turn_; }

 private:
  [[nodiscard]] Task<void> watch(std::shared_ptr<AttachedWorker> worker);
  [[nodiscard]] Task<Status> refresh(std::shared_ptr<AttachedWorker> worker);
  [[nodiscard]] Task<Result<Bytes>> get(std::shared_ptr<AttachedWorker> worker, std::string path,
                                        std::size_t bytes_max);
  // Whether this evidence is good for this kid of this worker, now.
  [[nodiscard]] Task<Result<attest::VerifiedWorker>> judge(std::shared_ptr<AttachedWorker> worker,
                                                           Kid kid, BytesView evidence);
  // Takes in the collateral that the worker offers, if it is new here.
  [[nodiscard]] Task<Status> learn_collateral(std::shared_ptr<AttachedWorker> worker);
  [[nodiscard]] Task<Status> learn_key(std::shared_ptr<AttachedWorker> worker, Kid kid);
  // Drops keys that the current registry or the time no longer accepts.
  [[nodiscard]] Task<void> judge_again(std::shared_ptr<AttachedWorker> worker);
  // Whether the key's verdict counts: it has not ended since it was passed, and the registry has
  // not banned the machine. Neither waits until the worker is looked at again.
  [[nodiscard]] bool counts(const AttachedWorker::Key& key) const;
  // Closes the first connection that proved nothing in time, if there is one.
  void turn_out_unproven();
  void detach(const std::shared_ptr<AttachedWorker>& worker);
  void index_keys();

  std::size_t workers_max_;
  World world_;
  ports::Judge judge_{{.registry = world_.registry,
                       .chain = world_.chain,
                       .floors = world_.floors,
                       .clock = world_.clock,
                       .log = world_.log}};
  std::map<std::uint64_t, std::shared_ptr<AttachedWorker>> workers_;  // by serial
  std::unordered_map<Kid, std::shared_ptr<AttachedWorker>> by_kid_;
  std::uint64_t next_serial_ = 0;
  std::uint64_t turn_ = 0;
};

}  // namespace cocoon::proxy
