#pragma once

#include "base/recent_map.h"
#include "roles/client/exchange.h"
#include "roles/client/kept_answer.h"
#include "roles/client/promises.h"

namespace cocoon::client {

// How much of its texts a bundle lets its reader check. What it lets check it does not hold.
enum class Showing : std::uint8_t {
  kNothing,
  kAnswer,
  kEverything,  // also what was asked
};

// What this client keeps of its answers, and the bundles that it makes of it.
class Keepsakes {
 public:
  struct World {
    ports::ReceiptStore& answers;  // KeptAnswer by request id
    ports::DocumentStore& documents;
    Promises& promises;
    const Logger& log;
  };
  explicit Keepsakes(World world) : world_(world) {}

  // Keeps what proves the origin of an answer whose receipt was checked, and expects the proxy's
  // promise.
  [[nodiscard]] Task<void> keep(const Exchange& exchange);

  [[nodiscard]] Task<Result<std::optional<KeptAnswer>>> find(RequestId id);
  // The answers kept last, newest first.
  [[nodiscard]] Task<Result<std::vector<RequestId>>> newest(std::size_t count) {
    co_return co_await world_.answers.newest(count);
  }
  [[nodiscard]] Task<Result<std::optional<Bytes>>> promise(RequestId id) {
    co_return co_await world_.promises.find(id);
  }
  // The bundle of an answer (docs/formats/bundle.md); nothing if it is not kept, kUnreadable if
  // what it needs is gone.
  [[nodiscard]] Task<Result<std::optional<Bytes>>> bundle(RequestId id, Showing showing);

 private:
  [[nodiscard]] Task<Result<KeptOrigin>> keep_origin(std::shared_ptr<const WorkerOrigin> origin,
                                                     std::string model_name,
                                                     crypto::Ed25519PublicKey proxy);
  [[nodiscard]] Task<Result<ports::DocumentDigest>> keep_document(Bytes document);
  [[nodiscard]] Task<Result<Bytes>> document(ports::DocumentDigest digest);
  [[nodiscard]] Task<Result<std::vector<Bytes>>> receipts_of(std::vector<RequestId> ids);

  World world_;
  // Those whose documents are in their store: a worker's answers share one until it is judged anew.
  RecentMap<std::shared_ptr<const WorkerOrigin>, KeptOrigin> kept_origins_{64};
};

}  // namespace cocoon::client
