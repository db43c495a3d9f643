#include "roles/proxy/worker_pool.h"

#include <algorithm>
#include <limits>

#include "async/race.h"
#include "attest/evidence.h"
#include "ports/refusal.h"
#include "wire/protocol.h"

namespace cocoon::proxy {
namespace {

using namespace std::chrono_literals;

constexpr async::Duration kPollInterval = 1s;
constexpr async::Duration kPollDeadline = 5s;
constexpr int kMissedPollsMax = 3;
// A refused key is looked at again after this long: the policy may have changed, or a block may
// have arrived.
constexpr async::Duration kRefusalMemory = 5s;
// Accepted keys are judged again this often, since statements grow old.
constexpr async::Duration kVerdictLife = 60s;
// Whoever has shown no evidence that holds for this long makes room for the next, if room is
// needed: anybody can open a connection.
constexpr async::Duration kProofMax = 10s;
constexpr std::size_t kLoadBytesMax = 4096;
constexpr int kStatusOk = 200;

}  // namespace

bool AttachedWorker::is_open() const {
  return load_.intake == wire::LoadReport::Intake::kOpen && load_.places > 0;
}

std::uint32_t AttachedWorker::busy_permille() const {
  const std::uint64_t places = std::max(load_.places, 1U);
  const std::uint64_t since = std::uint64_t{load_.occupied} + in_flight_;
  const std::uint64_t taken = since > in_flight_at_report_ ? since - in_flight_at_report_ : 0;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(taken * 1000 / places, std::numeric_limits<std::uint16_t>::max()));
}

AttachedWorker::InFlight::InFlight(std::shared_ptr<AttachedWorker> worker, std::uint64_t turn)
    : worker_(std::move(worker)) {
  ++worker_->in_flight_;
  worker_->last_chosen_ = turn;
}

AttachedWorker::InFlight::~InFlight() {
  if (worker_) --worker_->in_flight_;
}

void WorkerPool::attach(const async::Executor& executor, std::shared_ptr<ports::WorkerLink> link) {
  // A worker that connects again lost its old connection, even if nobody told this side yet.
  const auto former = std::ranges::find_if(workers_, [&](const auto& entry) {
    return entry.second->identity_key() == link->identity_key();
  });
  if (former != workers_.end()) {
    const std::shared_ptr<AttachedWorker> replaced = former->second;
    replaced->link_->close();
    detach(replaced);
  }
  if (workers_.size() >= workers_max_) turn_out_unproven();
  if (workers_.size() >= workers_max_) {
    world_.log.warn("proxy.worker_turned_away", {LogField::count("workers", workers_.size())});
    link->close();
    return;
  }
  auto worker =
      std::make_shared<AttachedWorker>(std::move(link), next_serial_++, world_.clock.now());
  workers_.emplace(worker->serial_, worker);
  world_.metrics.set(ports::Gauge::kWorkersAttached, static_cast<std::int64_t>(workers_.size()));
  async::spawn(executor, watch(worker), [this, worker](std::string_view) {
    world_.log.error("proxy.worker_loop_crashed");
    detach(worker);
  });
}

void WorkerPool::turn_out_unproven() {
  const auto unproven = std::ranges::find_if(workers_, [&](const auto& entry) {
    return entry.second->keys_.empty() &&
           world_.clock.now() - entry.second->attached_at_ >= kProofMax;
  });
  if (unproven == workers_.end()) return;
  const std::shared_ptr<AttachedWorker> worker = unproven->second;
  worker->link_->close();
  detach(worker);
}

Task<void> WorkerPool::watch(std::shared_ptr<AttachedWorker> worker) {
  const auto poll_until_lost = [](WorkerPool& pool,
                                  std::shared_ptr<AttachedWorker> watched) -> Task<Status> {
    for (int missed = 0; missed < kMissedPollsMax;) {
      const Status seen = co_await pool.refresh(watched);
      const bool is_refusing = !seen && seen.error().is(ports::HttpError::kRefusedStream);
      // A connection that takes no more requests, since it is draining or full, gets none; what it
      // has to answer still goes on.
      if (is_refusing) watched->load_.intake = wire::LoadReport::Intake::kClosed;
      const bool is_alive = seen || (is_refusing && watched->in_flight() > 0);
      missed = is_alive ? 0 : missed + 1;
      co_await pool.world_.clock.sleep_for(kPollInterval);
    }
    co_return fail(ports::HttpError::kUnreachable, "no load report");
  };
  (void)co_await async::unless(worker->link_->wait_closed(), poll_until_lost(*this, worker));
  worker->link_->close();
  detach(worker);
}

void WorkerPool::detach(const std::shared_ptr<AttachedWorker>& worker) {
  if (workers_.erase(worker->serial_) == 0) return;
  index_keys();
  world_.metrics.set(ports::Gauge::kWorkersAttached, static_cast<std::int64_t>(workers_.size()));
  world_.log.info("proxy.worker_detached", {LogField::count("workers", workers_.size())});
}

Task<Result<Bytes>> WorkerPool::get(std::shared_ptr<AttachedWorker> worker, std::string path,
                                    std::size_t bytes_max) {
  const async::Deadline by = world_.clock.in(kPollDeadline);
  CO_TRY(ports::HttpResponse response,
         co_await worker->client().send(
             {.method = "GET", .path = std::move(path), .headers = {}, .body = ports::body_of({})},
             by));
  if (response.status != kStatusOk)
    co_return fail(ports::HttpError::kProtocol, "unexpected status");
  co_return co_await async::with_deadline(world_.clock, by,
                                          ports::read_all(*response.body, bytes_max));
}

Task<Status> WorkerPool::refresh(std::shared_ptr<AttachedWorker> worker) {
  CO_TRY(const Bytes encoded, co_await get(worker, std::string(wire::kPathLoad), kLoadBytesMax));
  CO_TRY(worker->load_, wire::LoadReport::decode(encoded));
  worker->in_flight_at_report_ = worker->in_flight_;

  const std::vector<Kid> kids = worker->load_.kids;
  std::erase_if(worker->keys_,
                [&](const auto& key) { return std::ranges::find(kids, key.kid) == kids.end(); });
  std::erase_if(worker->refused_, [&](const auto& entry) {
    return world_.clock.now() - entry.second >= kRefusalMemory;
  });
  worker->offered_collateral_ = co_await learn_collateral(worker);
  co_await judge_again(worker);
  index_keys();  // what was dropped is not to be reached while new keys are asked for
  for (const Kid& kid : kids) {
    const bool is_known =
        std::ranges::any_of(worker->keys_, [&](const auto& key) { return key.kid == kid; });
    if (is_known || worker->refused_.contains(kid)) continue;
    const Status learned = co_await learn_key(worker, kid);
    if (learned) continue;
    worker->refused_.emplace(kid, world_.clock.now());
    ports::count_refusal(world_.metrics, learned.error());
    world_.log.warn("proxy.worker_refused", {LogField::kid(kid), LogField::error(learned.error())});
  }
  // In the worker's order: newest first.
  std::ranges::sort(worker->keys_, {}, [&](const auto& key) {
    return std::ranges::find(kids, key.kid) - kids.begin();
  });
  index_keys();
  co_return Status();
}

Task<Result<attest::VerifiedWorker>> WorkerPool::judge(std::shared_ptr<AttachedWorker> worker,
                                                       Kid kid, BytesView evidence) {
  auto judged = co_await judge_.judge(evidence);
  // Without any collateral the reason is what was wrong with the one that was offered.
  if (!judged && !worker->offered_collateral_ &&
      judged.error().is(attest::AttestError::kNoCollateral)) {
    co_return std::unexpected(worker->offered_collateral_.error());
  }
  CO_TRY(attest::VerifiedWorker verified, std::move(judged));
  if (verified.kid() != kid || verified.statement().identity_key != worker->identity_key()) {
    co_return fail(ProxyError::kEvidenceRefused, "the evidence is another worker's");
  }
  CO_TRY(const auto snapshot, world_.registry.current());
  if (snapshot->model_by_hash(verified.statement().model_hash) == nullptr) {
    co_return fail(ProxyError::kEvidenceRefused, "the registry does not list this model");
  }
  co_return verified;
}

Task<Status> WorkerPool::learn_collateral(std::shared_ptr<AttachedWorker> worker) {
  const std::optional<CollateralDigest> digest = worker->load_.collateral;
  if (!digest) co_return Status();
  if (const auto known = judge_.outcome_of(*digest)) co_return *known;
  CO_TRY(Bytes json, co_await get(worker, std::string(wire::kPathCollateral) + digest->hex(),
                                  attest::kCollateralBytesMax));
  Status taken = co_await judge_.take_in(*digest, std::move(json));
  if (!taken) world_.log.warn("proxy.collateral_refused", {LogField::error(taken.error())});
  co_return taken;
}

Task<Status> WorkerPool::learn_key(std::shared_ptr<AttachedWorker> worker, Kid kid) {
  CO_TRY(Bytes evidence, co_await get(worker, std::string(wire::kPathEvidence) + kid.hex(),
                                      attest::kEvidenceBytesMax));
  const PolicyHash policy = judge_.policy_hash();
  CO_TRY(const attest::VerifiedWorker verified, co_await judge(worker, kid, evidence));
  worker->keys_.push_back({.kid = kid,
                           .model_hash = verified.statement().model_hash,
                           .evidence = std::move(evidence),
                           .platform_id = verified.platform_id(),
                           .term = verified.term(),
                           .judged_under = policy,
                           .judged_at = world_.clock.now()});
  world_.metrics.increment(ports::Counter::kEvidenceAccepted);
  world_.log.info("proxy.worker_accepted", {LogField::kid(kid)});
  co_return Status();
}

Task<void> WorkerPool::judge_again(std::shared_ptr<AttachedWorker> worker) {
  const auto current = world_.registry.current();
  if (!current) co_return;  // nobody is judged without one; who was accepted stays
  const registry::Snapshot& snapshot = **current;
  const PolicyHash policy = judge_.policy_hash();
  std::vector<AttachedWorker::Key> kept;
  for (AttachedWorker::Key key : worker->keys_) {
    const bool is_settled =
        key.judged_under == policy && snapshot.model_by_hash(key.model_hash) != nullptr &&
        judge_.is_current(key.term) && world_.clock.now() - key.judged_at < kVerdictLife;
    if (!is_settled) {
      const auto verdict = co_await judge(worker, key.kid, key.evidence);
      if (!verdict) {
        worker->refused_.emplace(key.kid, world_.clock.now());
        ports::count_refusal(world_.metrics, verdict.error());
        world_.log.warn("proxy.worker_refused",
                        {LogField::kid(key.kid), LogField::error(verdict.error())});
        continue;
      }
      key.term = verdict->term();
      key.judged_under = policy;
      key.judged_at = world_.clock.now();
    }
    kept.push_back(std::move(key));
  }
  worker->keys_ = std::move(kept);
}

void WorkerPool::index_keys() {
  by_kid_.clear();
  for (const auto& [serial, worker] : workers_) {
    for (const AttachedWorker::Key& key : worker->keys_) by_kid_.insert_or_assign(key.kid, worker);
  }
}

wire::Directory WorkerPool::directory() const {
  wire::Directory directory;
  for (const auto& [serial, worker] : workers_) {
    if (!worker->is_open() || worker->keys_.empty()) continue;
    // Only the newest key is offered; older ones still answer what was sealed to them.
    const AttachedWorker::Key& key = worker->keys_.front();
    if (!judge_.stands(key.term)) continue;
    directory.entries.push_back(
        {.kid = key.kid,
         .model_hash = key.model_hash,
         .terms_hash = TermsHash(),
         .busy_permille = static_cast<std::uint16_t>(worker->busy_permille()),
         .collateral = key.term.collateral});
  }
  return directory;
}

const Bytes* WorkerPool::evidence(const Kid& kid) const {
  const auto found = by_kid_.find(kid);
  if (found == by_kid_.end()) return nullptr;
  const auto& keys = found->second->keys_;
  const auto key =
      std::ranges::find_if(keys, [&](const AttachedWorker::Key& k) { return k.kid == kid; });
  return key == keys.end() ? nullptr : &key->evidence;
}

const Bytes* WorkerPool::collateral(const CollateralDigest& digest) const {
  const attest::HeldCollateral* const held = judge_.held(digest);
  return held == nullptr ? nullptr : &held->json;
}

std::shared_ptr<AttachedWorker> WorkerPool::find(const Kid& kid) const {
  const auto found = by_kid_.find(kid);
  if (found == by_kid_.end() || !found->second->is_open()) return nullptr;
  const auto& keys = found->second->keys_;
  const auto key = std::ranges::find(keys, kid, &AttachedWorker::Key::kid);
  return key != keys.end() && counts(*key) ? found->second : nullptr;
}

bool WorkerPool::counts(const AttachedWorker::Key& key) const {
  if (!judge_.stands(key.term)) return false;
  if (key.judged_under == judge_.policy_hash()) return true;
  const auto snapshot = world_.registry.current();
  return !snapshot || !(*snapshot)->policy.bans(key.platform_id);
}

}  // namespace cocoon::proxy
