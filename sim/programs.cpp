#include "sim/programs.h"

#include <fmt/format.h>

namespace cocoon::sim {

using namespace std::chrono_literals;

namespace {

// Shorter than the programs' defaults, so that a short run sees each of them pass.
constexpr worker::ServiceLimits kWorkerLimits{
    .running_max = 2, .queue_max = 3, .replay_ids_max = 5000, .body_by = 10s};
constexpr proxy::RelayLimits kRelayLimits{.buffered_bytes_max = std::size_t{64} * 1024,
                                          .envelope_by = 10s,
                                          .first_frame_by = 20s,
                                          .idle_max = 15s};
constexpr std::size_t kBillsKept = 1000;
constexpr std::size_t kWorkersMax = 16;
constexpr std::uint32_t kEngineFailuresPermille = 60;

client::ExchangeSettings exchange_settings() {
  client::ExchangeSettings settings;
  settings.candidates = 2;
  settings.head_by = 25s;
  settings.idle_max = 20s;
  return settings;
}

worker::AnswerSettings answer_settings(const fakes::World& world) {
  worker::AnswerSettings settings{.model_hash = world.model};
  settings.engine_by = 12s;
  settings.engine_idle_max = 8s;
  return settings;
}

// The part of a log line that does not say when.
std::string_view without_time(std::string_view line) {
  const auto at = line.find("\"level\"");
  return at == std::string_view::npos ? line : line.substr(at);
}

}  // namespace

Program::Program(Surroundings& around, std::string name)
    : around_(around),
      process_(around.world.sim),
      clock_(around.world.clock(), static_cast<std::int64_t>(around.world.random.below(401)) - 200,
             std::chrono::milliseconds(
                 static_cast<std::int64_t>(around.world.random.below(20'001)) - 10'000)),
      host_{.name = name, .executor = process_.executor(), .clock = &clock_},
      log_(LogLevel::kInfo, [&trace = around.trace, name](std::string_view line) {
        trace.note(name, without_time(line));
      }) {
  around.trace.note(host_.name, "starts");
}

void Program::die() {
  around_.fabric.leave(host_);
  process_.kill();
}

ProxyProgram::ProxyProgram(Surroundings& around, const std::string& name,
                           const ports::Endpoint& place, Operator by)
    : Program(around, name),
      pool_(kWorkersMax, {.registry = around.world.registry,
                          .chain = around.world.chain,
                          .floors = floors_,
                          .metrics = metrics_,
                          .clock = clock(),
                          .log = log()}),
      bills_(kBillsKept),
      relay_(kRelayLimits, {.pool = pool_,
                            .bills = bills_,
                            .receipts = log_of_receipts_,
                            .metrics = metrics_,
                            .clock = clock(),
                            .log = log()}),
      service_(pool_, bills_, log_of_receipts_, relay_),
      hostile_(service_, around.world.random, around.manners) {
  const bool is_hostile = by == Operator::kHostile;
  around.fabric.listen(
      host(), place, is_hostile ? static_cast<ports::HttpHandler&>(hostile_) : service_,
      [this, is_hostile](std::shared_ptr<ports::WorkerLink> link) {
        if (is_hostile) {
          link = std::make_shared<HostileLink>(
              std::move(link), HostileLink::World{.executor = executor(),
                                                  .clock = clock(),
                                                  .random = this->around().world.random,
                                                  .manners = this->around().manners});
        }
        pool_.attach(executor(), std::move(link));
      });
}

std::string ProxyProgram::leaks() const {
  if (relay_.buffered_bytes() > 0)
    return fmt::format("{} holds {} bytes of envelopes", host().name, relay_.buffered_bytes());
  if (metrics_.peak(ports::Gauge::kBytesBuffered) >
      static_cast<std::int64_t>(kRelayLimits.buffered_bytes_max))
    return host().name + " held more envelopes than it may";
  return {};
}

WorkerProgram::WorkerProgram(Surroundings& around, const std::string& name, std::uint64_t life,
                             fakes::FakeQuoteSource& quotes,
                             const std::vector<ports::Endpoint>& proxies)
    : Program(around, name),
      boot_name_(fmt::format("{}#{}", name, life)),
      collateral_(quotes.platform().collateral()),
      engine_(around.world.sim, around.world.random, executor(), kEngineFailuresPermille),
      keyring_({.network = kDevnetNetworkId,
                .model_name = fakes::World::kModelName,
                .model_hash = around.world.model,
                .configuration = fakes::worker_configuration(fakes::World::kModelName),
                .owner_address = {},
                .slot_id = {}},
               {.registry = around.world.registry,
                .chain = around.world.chain,
                .quotes = quotes,
                .random = around.world.random,
                .clock = clock(),
                .log = log()},
               [this](std::uint32_t epoch) { service_.forget_epoch(epoch); }),
      service_(executor(), answer_settings(around.world), kWorkerLimits,
               {.keyring = keyring_,
                .registry = around.world.registry,
                .engine = engine_,
                .collateral = collateral_,
                .random = around.world.random,
                .metrics = metrics_,
                .clock = clock(),
                .log = log()}),
      forgetful_(executor(), answer_settings(around.world), kWorkerLimits,
                 {.keyring = keyring_,
                  .registry = around.world.registry,
                  .engine = engine_,
                  .collateral = collateral_,
                  .random = around.world.random,
                  .metrics = metrics_,
                  .clock = clock(),
                  .log = log()}),
      watched_(boot_name_, service_, forgetful_,
               {.ledger = around.ledger,
                .clock = clock(),
                .identity = keyring_.identity(),
                .defect = around.defect}),
      dialer_(around.fabric, host(), keyring_.identity().public_key()),
      links_(proxies, watched_,
             {.dialer = dialer_,
              .random = around.world.random,
              .metrics = metrics_,
              .clock = clock(),
              .log = log()}) {
  spawn(boot());
}

// As the program does it: no link before there is a key.
Task<void> WorkerProgram::boot() {
  while (!co_await keyring_.rotate()) co_await clock().sleep_for(5s);
  spawn(tell_keys());
  spawn(keyring_.keep_rotating());
  links_.start(executor());
}

Task<void> WorkerProgram::tell_keys() {
  for (;;) {
    if (const auto key = keyring_.newest())
      around().ledger.key_made(key->kid, keyring_.identity().public_key());
    co_await clock().sleep_for(200ms);
  }
}

void WorkerProgram::drain(Duration at_most) {
  is_draining_ = true;
  service_.stop_intake();
  const auto run = [](WorkerProgram& self, ports::Deadline by) -> Task<void> {
    co_await self.links_.drain(by);
  };
  spawn(run(*this, clock().in(at_most)));
}

std::string WorkerProgram::leaks() const {
  if (service_.occupied() > 0)
    return fmt::format("{} has {} places taken", host().name, service_.occupied());
  if (engine_.under_way() > 0)
    return fmt::format("{}'s engine runs {} calls", host().name, engine_.under_way());
  if (metrics_.peak(ports::Gauge::kRequestsInFlight) > kWorkerLimits.running_max)
    return host().name + " ran more than it may";
  return {};
}

ClientProgram::ClientProgram(Surroundings& around, const std::string& name,
                             ports::ReceiptStore& receipts)
    : Program(around, name),
      receipts_(receipts, around.defect),
      promised_(around.world.sim),
      promises_({.promises = promised_, .metrics = metrics_, .clock = clock(), .log = log()}),
      kept_({.answers = receipts_, .documents = documents_, .promises = promises_, .log = log()}),
      fleet_(
          [this](const ports::Endpoint& to) { return this->around().fabric.connect(host(), to); },
          {.registry = around.world.registry,
           .chain = around.world.chain,
           .floors = floors_,
           .random = around.world.random,
           .metrics = metrics_,
           .clock = clock(),
           .log = log()}),
      endpoint_(client::Gate({}), {.exchange = exchange_settings()},
                {.fleet = fleet_,
                 .registry = around.world.registry,
                 .kept = kept_,
                 .random = around.world.random,
                 .metrics = metrics_,
                 .clock = clock(),
                 .log = log()}),
      defective_(endpoint_, clock(), around.defect) {
  spawn(fleet_.keep_fresh());
}

std::string ClientProgram::leaks() const {
  if (endpoint_.in_flight() > 0)
    return fmt::format("{} has {} questions under way", host().name, endpoint_.in_flight());
  return {};
}

}  // namespace cocoon::sim
