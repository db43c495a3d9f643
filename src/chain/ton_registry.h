#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "chain/light_chain_head.h"
#include "registry/contract_snapshot.h"

namespace cocoon::chain {

// What a proven account says of the registry that should be there.
struct ProvenRegistry {
  registry::ContractState state;
  registry::Reading reading;
};
// kBadRegistry, with what is wrong, unless the account is there, active, and has the pinned code;
// the reader's own error for a state that does not count.
[[nodiscard]] Result<ProvenRegistry> read_registry(const ton::ProvenAccount& account,
                                                   NetworkId network);

struct TonRegistrySettings {
  ton::Address address;
  NetworkId network;
  // How old a reading may be by the wall clock; an outage of all lite-servers is ridden out for so
  // long.
  std::chrono::seconds age_max = std::chrono::minutes(15);
  std::filesystem::path
      floor_file;  // empty: how new a registry it has seen is forgotten at the end
};

// The registry contract, proven and read anew in the background with each new block, at most each
// 5 s. Answered from memory. A state older than one that was seen before, in an earlier run even,
// is never gone by; one that is proven to be no registry of ours ends what was read before.
class TonRegistry final : public ports::Registry {
 public:
  struct World {
    async::Clock& clock;
    const Logger& log;
    ports::Metrics& metrics;
  };
  // All of `world` and `accounts` outlive this. Fails if the floor file is there and unusable.
  [[nodiscard]] static Result<std::unique_ptr<TonRegistry>> open(World world,
                                                                 AccountSource& accounts,
                                                                 TonRegistrySettings settings);

  // Reads it for ever.
  [[nodiscard]] ports::Task<void> keep_read();

  // kStale before it was read and once the reading is too old; else why it does not count.
  [[nodiscard]] Result<std::shared_ptr<const registry::Snapshot>> current() const override;

 private:
  TonRegistry(World world, AccountSource& accounts, TonRegistrySettings settings)
      : world_(world), accounts_(accounts), settings_(std::move(settings)) {}
  [[nodiscard]] bool is_due(Seqno head) const;
  [[nodiscard]] ports::Task<void> look();
  [[nodiscard]] Status take(const ton::ProvenAccount& account);
  void keep_floor(Seqno seqno);
  void note(Error trouble);

  World world_;
  AccountSource& accounts_;
  TonRegistrySettings settings_;
  std::optional<Seqno> floor_;  // no reading from before this block counts
  std::shared_ptr<const registry::Snapshot> snapshot_;
  std::optional<ton::CellHash> data_hash_;  // of the state that it is of
  UnixSeconds proven_at_;                   // the newest block that it was proven at
  std::optional<Seqno> read_at_;            // likewise
  std::optional<async::TimePoint> tried_at_;
  std::optional<Error> trouble_;  // why the last attempt failed, if it did
};

}  // namespace cocoon::chain
