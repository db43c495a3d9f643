#pragma once

#include <deque>

#include "provenance/log/proof.h"
#include "roles/client/fleet.h"

namespace cocoon::client {

// Fetches what a proxy owes for each answer: its promise that the receipt is in its log
// (docs/formats/log.md). Beside the answers, one small request for each, a few times if need be.
class Promises {
 public:
  struct World {
    ports::ReceiptStore& promises;  // tlog-proofs by request id
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  struct Bounds {
    std::size_t waiting_max = 10'000;  // beyond it the oldest is given up
    async::Duration every = std::chrono::milliseconds(500);
    async::Duration answer_by = std::chrono::seconds(5);
    async::Duration given_up_after = std::chrono::minutes(5);
  };
  explicit Promises(World world) : Promises(world, Bounds()) {}
  Promises(World world, Bounds bounds) : world_(world), bounds_(bounds) {}

  // From now on the proxy behind `line` owes a promise for this receipt.
  void expect(const RequestId& id, const ReceiptHash& receipt, std::shared_ptr<ProxyLine> line);
  // Fetches, checks and stores them, for ever.
  [[nodiscard]] Task<void> keep();
  // The tlog-proof that was stored for this request.
  [[nodiscard]] Task<Result<std::optional<Bytes>>> find(const RequestId& id) {
    co_return co_await world_.promises.get(id);
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Owed {
    RequestId id;
    ReceiptHash receipt;
    std::shared_ptr<ProxyLine> line;
    async::TimePoint since;
  };
  [[nodiscard]] Task<void> fetch_all();
  [[nodiscard]] Task<Status> fetch(Owed owed);
  [[nodiscard]] Status check(const provenance::log::LogProof& proof, const Owed& owed);
  void give_up(const Owed& owed);

  // The checkpoint that was last found signed. Receipts that a proxy logged together lie under one.
  struct Signed {
    crypto::Ed25519PublicKey proxy;
    std::string note;
    provenance::log::Checkpoint checkpoint;
  };

  World world_;
  Bounds bounds_;
  std::deque<Owed> waiting_;
  std::optional<Signed> last_signed_;
};

}  // namespace cocoon::client
