#include "roles/client/fleet.h"

#include <algorithm>
#include <set>

#include "async/cancel.h"
#include "async/event.h"
#include "async/race.h"
#include "attest/evidence.h"
#include "attest/policy_cbor.h"
#include "attest/reason.h"
#include "ports/refusal.h"
#include "roles/client/error.h"
#include "roles/client/sampling.h"
#include "wire/protocol.h"

namespace cocoon::client {
namespace {

using namespace std::chrono_literals;

constexpr async::Duration kRefreshInterval = 2s;
// While no worker is known, waiting people make it worth asking more often.
constexpr async::Duration kRefreshIntervalEmpty = 250ms;
constexpr async::Duration kRequestDeadline = 5s;
// One proxy's share of a round.
constexpr async::Duration kLineDeadline = 10s;
constexpr async::Duration kVerdictLife = 60s;
// What a new look may take after that; then the old verdict counts no more.
constexpr async::Duration kVerdictSlack = 30s;
// A refusal is looked at again soon: it may have been the network, or a block that had not arrived
// here yet.
constexpr async::Duration kRefusalLife = 5s;
// So many new workers are verified in one round at most; the rest follow in the next.
constexpr std::size_t kVerificationsPerRound = 64;
// So many new collaterals of workers that are known are fetched in one round at most.
constexpr std::size_t kCollateralPerRound = 16;
// A proxy that swallowed a request is the last choice for so long.
constexpr async::Duration kSuspicion = 10min;
constexpr async::Duration kSilenceCheck = 250ms;
constexpr int kStatusOk = 200;

}  // namespace

// Proxies that are asked together.
struct Fleet::Round {
  explicit Round(const async::Executor& executor) : changed(executor) {}
  std::size_t left = 0;
  async::Event changed;
};

// One proxy's part in a round; over in whatever way its coroutine ends.
class Fleet::Turn {
 public:
  Turn(std::shared_ptr<Round> round, std::shared_ptr<ProxyLine> line)
      : round_(std::move(round)), line_(std::move(line)) {
    ++round_->left;
    line_->is_being_asked = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    line_->is_being_asked = false;
    --round_->left;
    round_->changed.notify();
  }

 private:
  std::shared_ptr<Round> round_;
  std::shared_ptr<ProxyLine> line_;
};

Task<void> Fleet::keep_fresh() {
  for (;;) {
    (void)co_await begin_round();
    co_await world_.clock.sleep_for(workers_verified() == 0 ? kRefreshIntervalEmpty
                                                            : kRefreshInterval);
  }
}

Task<void> Fleet::refresh() {
  const auto round = co_await begin_round();
  while (round->left > 0) co_await round->changed.wait();
}

Task<std::shared_ptr<Fleet::Round>> Fleet::begin_round() {
  follow_registry();
  // After a sleep of the machine, say, blocks know better than its clock. Without them time goes
  // on.
  (void)co_await judge_.time().refresh();
  const async::Executor executor = co_await async::this_executor();
  auto round = std::make_shared<Round>(executor);
  const auto look = [](Fleet& fleet, std::shared_ptr<ProxyLine> line,
                       std::unique_ptr<Turn> turn) -> Task<void> {
    co_await fleet.refresh_line(std::move(line));
    fleet.forget_unlisted();
    turn.reset();
  };
  for (const auto& line : lines_) {
    if (line->is_being_asked) continue;
    async::spawn(executor, look(*this, line, std::make_unique<Turn>(round, line)),
                 [this](std::string_view) { world_.log.error("client.refresh_crashed"); });
  }
  co_return round;
}

void Fleet::follow_registry() {
  const auto current = world_.registry.current();
  if (!current || *current == followed_) return;
  const std::shared_ptr<const registry::Snapshot> snapshot = followed_ = *current;
  std::erase_if(lines_, [&](const std::shared_ptr<ProxyLine>& line) {
    const registry::Proxy* const listed = snapshot->proxy_by_key(line->proxy.key);
    return listed == nullptr || listed->host != line->proxy.host ||
           listed->port != line->proxy.port;
  });
  for (const registry::Proxy& proxy : snapshot->proxies) {
    const bool is_known =
        std::ranges::any_of(lines_, [&](const auto& line) { return line->proxy.key == proxy.key; });
    if (is_known) continue;
    auto line = std::make_shared<ProxyLine>();
    line->proxy = proxy;
    line->http = connect_({.host = proxy.host, .port = proxy.port, .key = proxy.key});
    lines_.push_back(std::move(line));
  }
}

Task<Result<Bytes>> Fleet::get(std::shared_ptr<ProxyLine> line, std::string path,
                               std::size_t bytes_max, async::Deadline by) {
  by = std::min(by, world_.clock.in(kRequestDeadline));
  CO_TRY(ports::HttpResponse response,
         co_await line->http->send(
             {.method = "GET", .path = std::move(path), .headers = {}, .body = ports::body_of({})},
             by));
  if (response.status != kStatusOk)
    co_return fail(ports::HttpError::kProtocol, "unexpected status");
  co_return co_await async::with_deadline(world_.clock, by,
                                          ports::read_all(*response.body, bytes_max));
}

Task<Status> Fleet::read_directory(std::shared_ptr<ProxyLine> line, async::Deadline by) {
  CO_TRY(const Bytes encoded,
         co_await get(line, std::string(wire::kPathDirectory), wire::kDirectoryBytesMax, by));
  CO_TRY(wire::Directory directory, wire::Directory::decode(encoded));
  std::set<Kid> seen;
  std::erase_if(directory.entries,
                [&](const auto& entry) { return !seen.insert(entry.kid).second; });
  line->directory = std::move(directory);
  co_return Status();
}

Task<void> Fleet::refresh_line(std::shared_ptr<ProxyLine> line) {
  const async::Deadline by = world_.clock.in(kLineDeadline);
  const Status listed = co_await read_directory(line, by);
  const auto before = line->state;
  // A stream that was refused says nothing of the next one, and asks for no pause.
  if (!listed && listed.error().is(ports::HttpError::kRefusedStream)) co_return;
  line->state = listed                                           ? ProxyLine::State::kUp
                : listed.error().is(async::AsyncError::kTimeout) ? ProxyLine::State::kSilent
                                                                 : ProxyLine::State::kDown;
  if (before != line->state) {
    if (listed) {
      world_.log.info("client.proxy_up",
                      {LogField::endpoint(line->proxy.host), LogField::port(line->proxy.port)});
    } else {
      world_.log.warn("client.proxy_down",
                      {LogField::endpoint(line->proxy.host), LogField::port(line->proxy.port),
                       LogField::error(listed.error())});
    }
  }
  world_.metrics.set(ports::Gauge::kProxiesAttached, static_cast<std::int64_t>(proxies_up()));
  if (!listed) co_return;

  std::erase_if(line->refused, [&](const auto& entry) {
    return world_.clock.now() - entry.second.at >= kRefusalLife;
  });
  const PolicyHash policy = judge_.policy_hash();
  const auto entries = line->directory.entries;
  co_await learn_new_collateral(line, entries, by);
  std::size_t verifications = 0;
  for (const wire::DirectoryEntry& entry : entries) {
    if (!is_due(entry.kid, policy) || line->refused.contains(entry.kid)) continue;
    if (++verifications > kVerificationsPerRound || world_.clock.now() >= by) break;
    const Status verified = co_await verify(line, entry, by);
    if (verified) {
      world_.metrics.increment(ports::Counter::kEvidenceAccepted);
    } else {
      ports::count_refusal(world_.metrics, verified.error());
      line->refused.insert_or_assign(
          entry.kid, ProxyLine::Refusal{.at = world_.clock.now(), .why = verified.error()});
      world_.log.warn("client.worker_refused",
                      {LogField::kid(entry.kid), LogField::error(verified.error())});
    }
  }
}

bool Fleet::is_due(const Kid& kid, const PolicyHash& policy) const {
  const auto known = verdicts_.find(kid);
  if (known == verdicts_.end()) return true;
  const Verdict& verdict = known->second;
  const bool is_settled = verdict.policy == policy && judge_.is_current(verdict.worker->term()) &&
                          world_.clock.now() - verdict.judged_at < kVerdictLife;
  return !is_settled;
}

Task<void> Fleet::learn_new_collateral(std::shared_ptr<ProxyLine> line,
                                       std::vector<wire::DirectoryEntry> entries,
                                       async::Deadline by) {
  std::size_t fetched = 0;
  std::set<CollateralDigest> seen;
  for (const wire::DirectoryEntry& entry : entries) {
    if (!entry.collateral || !seen.insert(*entry.collateral).second) continue;
    // Who was never judged brings its collateral along with its evidence.
    if (!verdicts_.contains(entry.kid) || judge_.outcome_of(*entry.collateral)) continue;
    if (++fetched > kCollateralPerRound || world_.clock.now() >= by) co_return;
    (void)co_await learn_collateral(line, *entry.collateral, by);
  }
}

Task<Status> Fleet::learn_collateral(std::shared_ptr<ProxyLine> line, CollateralDigest digest,
                                     async::Deadline by) {
  if (const auto known = judge_.outcome_of(digest)) co_return *known;
  CO_TRY(Bytes json, co_await get(line, std::string(wire::kPathCollateral) + digest.hex(),
                                  attest::kCollateralBytesMax, by));
  co_return co_await judge_.take_in(digest, std::move(json));
}

Task<Status> Fleet::verify(std::shared_ptr<ProxyLine> line, wire::DirectoryEntry entry,
                           async::Deadline by) {
  Status learned;
  if (entry.collateral) learned = co_await learn_collateral(line, *entry.collateral, by);
  CO_TRY(const Bytes evidence,
         co_await get(line, std::string(wire::kPathEvidence) + entry.kid.hex(),
                      attest::kEvidenceBytesMax, by));
  CO_TRY(const auto snapshot, world_.registry.current());
  auto judged = co_await judge_.judge(evidence);
  // Without any collateral the reason is what was wrong with the one that was offered.
  if (!judged && !learned && judged.error().is(attest::AttestError::kNoCollateral))
    co_return learned;
  CO_TRY(attest::VerifiedWorker worker, std::move(judged));
  if (worker.kid() != entry.kid)
    co_return fail(ClientError::kWorkerRefused, "the evidence is another worker's");
  const registry::Model* const model = snapshot->model_by_hash(worker.statement().model_hash);
  if (model == nullptr || model->name != worker.statement().model_name) {
    co_return fail(ClientError::kWorkerRefused,
                   "the registry does not list this model under this hash");
  }
  CO_TRY(auto origin, co_await origin_under(snapshot, evidence, worker.term().collateral,
                                            worker.statement().block_seqno));
  verdicts_.insert_or_assign(
      entry.kid, Verdict{std::make_shared<const attest::VerifiedWorker>(std::move(worker)),
                         snapshot->policy.hash(), world_.clock.now(), std::move(origin)});
  co_return Status();
}

Task<Result<std::shared_ptr<const WorkerOrigin>>> Fleet::origin_under(
    std::shared_ptr<const registry::Snapshot> snapshot, Bytes evidence,
    std::optional<CollateralDigest> collateral, Seqno block) {
  auto origin = std::make_shared<WorkerOrigin>();
  origin->evidence = std::move(evidence);
  if (encoded_ != snapshot) {
    encoded_policy_ = std::make_shared<const Bytes>(attest::encode_policy(snapshot->policy));
    encoded_ = std::move(snapshot);
  }
  origin->policy = encoded_policy_;
  if (collateral) {
    const auto* const known = collateral_.find(*collateral);
    const attest::HeldCollateral* const held = judge_.held(*collateral);
    if (known == nullptr && held != nullptr) {
      collateral_.remember(*collateral, std::make_shared<const Bytes>(held->json));
    }
    const auto* const text = collateral_.find(*collateral);
    if (text != nullptr) origin->collateral = *text;
  }
  CO_TRY(const ports::Block proven, co_await world_.chain.block(block));
  origin->block = {proven.seqno, proven.root_hash, proven.generated_at};
  co_return std::shared_ptr<const WorkerOrigin>(std::move(origin));
}

std::shared_ptr<const WorkerOrigin> Fleet::origin_of(const Kid& kid) const {
  const auto known = verdicts_.find(kid);
  return known == verdicts_.end() ? nullptr : known->second.origin;
}

void Fleet::forget_unlisted() {
  std::set<Kid> listed;
  for (const auto& line : lines_) {
    for (const wire::DirectoryEntry& entry : line->directory.entries) listed.insert(entry.kid);
  }
  std::erase_if(verdicts_, [&](const auto& entry) { return !listed.contains(entry.first); });
}

bool Fleet::is_in_force(const Verdict& verdict, const PolicyHash& policy) const {
  return verdict.policy == policy && judge_.stands(verdict.worker->term()) &&
         world_.clock.now() - verdict.judged_at < kVerdictLife + kVerdictSlack;
}

std::vector<std::shared_ptr<const attest::VerifiedWorker>> Fleet::usable(
    const ProxyLine& line, const ModelHash& model) const {
  const PolicyHash policy = judge_.policy_hash();
  std::vector<std::shared_ptr<const attest::VerifiedWorker>> workers;
  for (const wire::DirectoryEntry& entry : line.directory.entries) {
    const auto verdict = verdicts_.find(entry.kid);
    if (verdict == verdicts_.end() || !is_in_force(verdict->second, policy)) continue;
    if (line.refused.contains(entry.kid)) continue;
    // What the evidence says counts, not what the directory says of it.
    if (verdict->second.worker->statement().model_hash == model)
      workers.push_back(verdict->second.worker);
  }
  return workers;
}

std::optional<Choice> Fleet::choose(const ModelHash& model, std::size_t count,
                                    const std::vector<std::shared_ptr<ProxyLine>>& avoid) {
  follow_registry();  // who was removed is not asked any more
  std::vector<Choice> offers;
  for (const auto& line : lines_) {
    if (line->state != ProxyLine::State::kUp || std::ranges::find(avoid, line) != avoid.end())
      continue;
    auto workers = usable(*line, model);
    if (!workers.empty()) offers.push_back({line, std::move(workers)});
  }
  const auto is_suspect = [&](const Choice& choice) {
    const auto& swallowed = choice.line->swallowed_at;
    return swallowed && world_.clock.now() - *swallowed < kSuspicion;
  };
  if (!std::ranges::all_of(offers, is_suspect)) std::erase_if(offers, is_suspect);
  if (offers.empty()) return std::nullopt;
  const Choice& drawn = offers[random_below(world_.random, offers.size())];
  std::vector<Offered> offered;
  offered.reserve(drawn.candidates.size());
  for (const auto& worker : drawn.candidates)
    offered.push_back({.platform_id = worker->platform_id(), .gpus = worker->gpus()});
  Choice out{.line = drawn.line, .candidates = {}};
  for (const std::size_t place : draw_order(offered, world_.random)) {
    if (out.candidates.size() == count) break;
    out.candidates.push_back(drawn.candidates[place]);
  }
  return out;
}

std::string Fleet::why_none(const ModelHash& model) const {
  const auto current = world_.registry.current();
  if (!current) return current.error().message();
  const registry::Snapshot& snapshot = **current;
  std::optional<async::TimePoint> last;
  std::string why;
  for (const auto& line : lines_) {
    for (const wire::DirectoryEntry& entry : line->directory.entries) {
      if (entry.model_hash != model) continue;
      // A ban counts before anybody has looked at the worker again.
      const auto verdict = verdicts_.find(entry.kid);
      if (verdict != verdicts_.end() &&
          snapshot.policy.bans(verdict->second.worker->platform_id())) {
        return "banned: the registry bans its machine";
      }
      const auto refusal = line->refused.find(entry.kid);
      if (refusal == line->refused.end() || (last && refusal->second.at < *last)) continue;
      last = refusal->second.at;
      why = attest::reason_text(refusal->second.why);
    }
  }
  return why;
}

Task<void> Fleet::wait_silent(std::shared_ptr<ProxyLine> line) {
  while (line->state != ProxyLine::State::kSilent) {
    co_await world_.clock.sleep_for(kSilenceCheck);
    if (async::is_cancelled(co_await async::kCancellation)) co_return;
  }
}

std::size_t Fleet::proxies_up() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      lines_, [](const auto& line) { return line->state == ProxyLine::State::kUp; }));
}

std::size_t Fleet::workers_verified() const {
  const PolicyHash policy = judge_.policy_hash();
  return static_cast<std::size_t>(std::ranges::count_if(
      verdicts_, [&](const auto& entry) { return is_in_force(entry.second, policy); }));
}

}  // namespace cocoon::client
