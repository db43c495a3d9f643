#include "ports/judge.h"

#include "attest/checks.h"
#include "attest/evidence.h"

namespace cocoon::ports {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kOutcomesMax = 1024;
// What was older than what is held may be wanted once that has expired.
constexpr async::Duration kOutcomeLife = 60s;
// A refusal is looked at again soon: the registry or the chain's time may have changed.
constexpr async::Duration kRefusalLife = 5s;
// In which all verdicts by replaced collateral are passed anew.
constexpr async::Duration kSupersededGrace = 10s;
constexpr std::chrono::seconds kExpiryWarning = std::chrono::days(3);

}  // namespace

Judge::Judge(World world)
    : world_(world),
      time_(world.chain, world.clock),
      outcomes_(kOutcomesMax),
      superseded_at_(kOutcomesMax) {
  book_.raise_floors(world_.floors.kept());
}

Task<Result<attest::VerifiedWorker>> Judge::judge(BytesView evidence) {
  CO_TRY(const attest::EvidenceBundle bundle, attest::EvidenceBundle::decode(evidence));
  CO_TRY(const attest::Statement statement, attest::Statement::decode(bundle.statement));
  CO_TRY(const Block block, co_await world_.chain.block(statement.block_seqno));
  CO_TRY_VOID(co_await time_.refresh());
  CO_TRY(const auto snapshot, world_.registry.current());
  auto verified = attest::verify_evidence(bundle, book_, snapshot->policy,
                                          {block.seqno, block.root_hash, block.generated_at},
                                          time_.now(), memory_);
  if (verified) {
    if (const auto& collateral = verified->term().collateral) warn_of_expiry(*collateral);
  }
  co_return verified;
}

const PolicyHash& Judge::policy_hash() const {
  auto current = world_.registry.current();
  if (current && hashed_ != *current) {
    hashed_ = *std::move(current);
    hash_of_hashed_ = hashed_->policy.hash();
  }
  return hash_of_hashed_;
}

std::optional<Status> Judge::outcome_of(const CollateralDigest& digest) const {
  if (held(digest) != nullptr) return Status();
  const Outcome* const known = outcomes_.find(digest);
  if (known == nullptr) return std::nullopt;
  const async::Duration life = known->status ? kOutcomeLife : kRefusalLife;
  if (world_.clock.now() - known->at >= life) return std::nullopt;
  return known->status;
}

bool Judge::is_current(const attest::VerdictTerm& term) const {
  return time_.now() <= term.until && (!term.collateral || held(*term.collateral) != nullptr);
}

bool Judge::stands(const attest::VerdictTerm& term) const {
  if (time_.now() > term.until) return false;
  if (!term.collateral || held(*term.collateral) != nullptr) return true;
  const async::TimePoint* const since = superseded_at_.find(*term.collateral);
  return since != nullptr && world_.clock.now() - *since < kSupersededGrace;
}

Task<Status> Judge::take_in(CollateralDigest digest, Bytes json) {
  Status taken;
  if (attest::collateral_digest(json) != digest) {
    taken = fail(attest::AttestError::kCollateral, "the collateral is not that of its digest");
  } else {
    taken = co_await admit(json);
  }
  outcomes_.remember(digest, {.status = taken, .at = world_.clock.now()});
  co_return taken;
}

Task<Status> Judge::admit(BytesView json) {
  CO_TRY_VOID(co_await time_.refresh());
  CO_TRY(const auto snapshot, world_.registry.current());
  CO_TRY(const auto roots, attest::usable_roots(snapshot->policy));
  const std::vector<attest::EvaluationFloor> before = book_.floors();
  const std::vector<CollateralDigest> held_before = book_.digests();
  CO_TRY(const auto admission, book_.admit(json, roots, time_.now()));
  if (admission == attest::CollateralBook::Admission::kKnownNewer) co_return Status();
  for (const CollateralDigest& digest : held_before) {
    if (held(digest) == nullptr) superseded_at_.remember(digest, world_.clock.now());
  }
  world_.log.info("judge.collateral_kept", {LogField::count("models", book_.size())});
  if (book_.floors() == before) co_return Status();
  const Status kept = co_await world_.floors.put(book_.floors());
  if (!kept) world_.log.error("judge.floors_not_kept", {LogField::error(kept.error())});
  co_return Status();
}

void Judge::warn_of_expiry(const CollateralDigest& digest) {
  const attest::HeldCollateral* const held_now = held(digest);
  if (held_now == nullptr) return;
  const std::chrono::seconds left(std::int64_t{held_now->verified.validity().last.value()} -
                                  time_.now().value());
  if (left >= kExpiryWarning || !warned_of_.insert(digest).second) return;
  if (warned_of_.size() > kOutcomesMax) warned_of_.clear();
  world_.log.warn("judge.collateral_expires_soon",
                  {LogField::count("hours_left", static_cast<std::uint64_t>(left / 1h))});
}

}  // namespace cocoon::ports
