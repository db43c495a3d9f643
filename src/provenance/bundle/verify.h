#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/recent_map.h"
#include "provenance/bundle/bundle.h"
#include "provenance/bundle/chain.h"

namespace cocoon::provenance::bundle {

// What the caller holds for true. Nothing in a bundle can vouch for it.
struct Trust {
  // By whose lists to judge. nullptr: by the bundle's own record, and then what the lists say stays
  // unproven.
  std::shared_ptr<const registry::Snapshot> registry;
  // The block that the evidence names, proven from the chain; nothing: the bundle's word for it.
  std::optional<attest::ProvenBlock> block;
  // The time to judge at; a bundle is refused if its answer began later.
  UnixSeconds at;
};

// A text that somebody shows apart from the bundle, and every way in which it may be read as the
// runs of an answer.
struct Presented {
  std::string text;
  std::vector<std::vector<ShownRun>> readings;
};

// When the bundle's receipt says that its answer began, to the second: the time to judge an old
// bundle at while no anchor says a better one. (The worker's key may be used until then; an answer
// may take longer.) Nothing is checked. Fails if there is no receipt in it.
[[nodiscard]] Result<UnixSeconds> claimed_time(const Bundle& bundle);

// Judges bundles. It remembers, within bounds, platforms, collateral, and evidence that held, so
// that further bundles of one worker cost the signatures of their receipt and checkpoint.
class Verifier {
 public:
  Verifier();

  [[nodiscard]] Chain verify(const Bundle& bundle, const Trust& trust,
                             const Presented* presented = nullptr);

 private:
  friend class Judging;
  using Key = crypto::Sha256Digest;
  // Evidence that held at both times holds at every time between: each of its checks has one
  // window.
  struct Held {
    std::shared_ptr<const attest::VerifiedWorker> worker;
    UnixSeconds first;
    UnixSeconds last;
  };
  struct Refusal {
    Error why;
    Part part;
  };
  using Judged = std::expected<std::shared_ptr<const attest::VerifiedWorker>, Refusal>;

  [[nodiscard]] Judged judge_evidence(const Bundle& bundle, const attest::EvidenceBundle& evidence,
                                      const attest::Statement& statement, const Trust& trust,
                                      const PolicyHash& policy_hash);
  [[nodiscard]] Judged judge_afresh(const Bundle& bundle, const attest::EvidenceBundle& evidence,
                                    const attest::Statement& statement,
                                    const attest::Policy& policy, const PolicyHash& policy_hash,
                                    UnixSeconds at);
  [[nodiscard]] PolicyHash hash_of(const Bundle& bundle, const Trust& trust);

  attest::PlatformMemory platforms_;
  RecentMap<Key, std::shared_ptr<const attest::CollateralBook>> books_;
  RecentMap<Key, Held> held_;
  std::shared_ptr<const registry::Snapshot> hashed_;
  PolicyHash hash_of_hashed_;
};

}  // namespace cocoon::provenance::bundle
