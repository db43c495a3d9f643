#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "attest/statement.h"
#include "base/log.h"
#include "crypto/keys.h"
#include "ports/chain_time.h"
#include "ports/world.h"

namespace cocoon::worker {

using async::Task;

// What stays the same from boot to death and goes into every statement.
struct BootFacts {
  NetworkId network;
  std::string model_name;
  ModelHash model_hash;
  Bytes configuration;  // the measured configuration bytes
  std::string owner_address;
  SlotId slot_id;
};

// One epoch's HPKE key and the evidence that vouches for it. Dropping the last reference wipes the
// private key.
struct EpochKey {
  std::uint32_t epoch = 0;
  Kid kid;
  crypto::X25519KeyPair hpke;
  attest::Statement statement;
  Bytes evidence;        // encoded EvidenceBundle
  ImageHash image_hash;  // what this worker's own quote measures
  UnixSeconds block_time;
};

// The worker's keys: an Ed25519 identity born here at boot, and an HPKE key per epoch with its own
// quote. A key stops being the newest when its statement's block is `key_epoch` old, and is wiped
// `key_grace` later.
class Keyring {
 public:
  struct World {
    ports::Registry& registry;
    ports::ChainHead& chain;
    ports::QuoteSource& quotes;
    ports::Random& random;
    async::Clock& clock;
    const Logger& log;
    ports::GpuSource* gpus = nullptr;  // none: a worker without GPUs
  };
  // `on_wiped` hears the number of each epoch whose key is gone.
  Keyring(BootFacts facts, World world, std::function<void(std::uint32_t)> on_wiped);

  // Makes the next epoch's key and evidence, and wipes keys past their grace. On failure the old
  // keys stay in use.
  [[nodiscard]] Task<Status> rotate();
  // Rotates whenever it is due, for ever; after a failure again soon.
  [[nodiscard]] Task<void> keep_rotating();

  [[nodiscard]] const crypto::Ed25519KeyPair& identity() const { return identity_; }
  [[nodiscard]] UnixSeconds now() const { return time_.now(); }
  // nullptr before the first successful rotate().
  [[nodiscard]] std::shared_ptr<const EpochKey> newest() const;
  [[nodiscard]] std::shared_ptr<const EpochKey> find(const Kid& kid) const;
  [[nodiscard]] std::vector<Kid> kids() const;  // newest first

 private:
  [[nodiscard]] Task<Result<std::shared_ptr<const EpochKey>>> make_key();
  [[nodiscard]] UnixSeconds renewal_time();
  // How long keys live: as the registry says, or said last. Keys are wiped without a registry too.
  [[nodiscard]] const registry::Parameters& lives();
  void wipe_outdated();

  BootFacts facts_;
  World world_;
  std::function<void(std::uint32_t)> on_wiped_;
  ports::ChainTime time_;
  crypto::Ed25519KeyPair identity_;
  BootId boot_id_;
  std::uint32_t next_epoch_ = 0;
  registry::Parameters parameters_;
  std::vector<std::shared_ptr<const EpochKey>> keys_;  // newest first
};

}  // namespace cocoon::worker
