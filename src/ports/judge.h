#pragma once

#include <optional>
#include <set>

#include "attest/verify.h"
#include "base/log.h"
#include "base/recent_map.h"
#include "ports/chain_time.h"
#include "ports/world.h"

namespace cocoon::ports {

// Judges workers' evidence for a role that lives on, and holds the vendors' collateral that it
// takes: the newest that anybody brought. Now is the chain's time, which goes on when no block
// comes: a chain that stands still keeps no statement young.
class Judge {
 public:
  struct World {
    Registry& registry;
    ChainHead& chain;
    FloorStore& floors;
    async::Clock& clock;
    const Logger& log;
  };
  explicit Judge(World world);

  // Judges an encoded evidence bundle under the registry's current policy, with the chain's block
  // of the number that its statement names.
  [[nodiscard]] Task<Result<attest::VerifiedWorker>> judge(BytesView evidence);

  // What became of the collateral of this digest, if it was looked at lately; if not, it is to be
  // fetched and taken in.
  [[nodiscard]] std::optional<Status> outcome_of(const CollateralDigest& digest) const;
  // Keeps the collateral if it is what the digest says and newer than what is held of its platform
  // model.
  [[nodiscard]] Task<Status> take_in(CollateralDigest digest, Bytes json);
  // Whether a verdict of this term is one that would be passed now: it has not ended, and its
  // collateral is still the newest known. If not, it is to be passed anew.
  [[nodiscard]] bool is_current(const attest::VerdictTerm& term) const;
  // Whether a verdict of this term may be acted upon: it has not ended, and newer collateral, if
  // there is any, came so short a time ago that nobody could be judged by it yet.
  [[nodiscard]] bool stands(const attest::VerdictTerm& term) const;
  // What is held under this digest; nullptr if nothing is, or something newer took its place.
  [[nodiscard]] const attest::HeldCollateral* held(const CollateralDigest& digest) const {
    return book_.find(digest);
  }

  // The hash of the registry's policy, or of the last one known while there is none; made anew only
  // for a new snapshot.
  [[nodiscard]] const PolicyHash& policy_hash() const;

  [[nodiscard]] ChainTime& time() { return time_; }
  [[nodiscard]] const ChainTime& time() const { return time_; }

 private:
  struct Outcome {
    Status status;
    async::TimePoint at;
  };
  [[nodiscard]] Task<Status> admit(BytesView json);
  void warn_of_expiry(const CollateralDigest& digest);

  World world_;
  ChainTime time_;
  attest::CollateralBook book_;
  attest::PlatformMemory memory_;
  RecentMap<CollateralDigest, Outcome> outcomes_;
  RecentMap<CollateralDigest, async::TimePoint> superseded_at_;
  std::set<CollateralDigest> warned_of_;
  mutable std::shared_ptr<const registry::Snapshot> hashed_;
  mutable PolicyHash hash_of_hashed_;
};

}  // namespace cocoon::ports
