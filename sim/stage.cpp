#include "sim/stage.h"

namespace cocoon::sim {

using namespace std::chrono_literals;

Stage::Stage(std::uint64_t seed, Defect defect)
    : world_(seed),
      trace_(world_.clock()),
      ledger_(trace_),
      fabric_({.simulation = world_.sim, .random = world_.random, .trace = trace_}),
      around_{
          .world = world_, .fabric = fabric_, .trace = trace_, .ledger = ledger_, .defect = defect},
      apps_{.name = "apps", .executor = world_.sim.executor(), .clock = &world_.clock()} {
  world_.sim.choose_by(
      [this](std::size_t bound) { return static_cast<std::size_t>(world_.random.below(bound)); });
  world_.registry.change([](registry::Snapshot& snapshot) {
    snapshot.parameters.key_epoch = 60s;
    snapshot.parameters.key_grace = 30s;
    snapshot.policy.statement_age_max = 90s;
  });
  fabric_.set_conditions({.latency = std::chrono::microseconds(100 + below(30'000)),
                          .jitter = std::chrono::microseconds(below(60'000)),
                          .pieces_max = static_cast<std::uint32_t>(1 + below(6)),
                          .refusals_permille = static_cast<std::uint32_t>(below(30))});
  for (std::size_t i = 0; i < kProxies; ++i) {
    const std::string name = "proxy-" + std::to_string(i);
    proxies_.push_back(
        {.place = world_.new_proxy_place(name, static_cast<std::uint16_t>(11'000 + i)),
         .by = i == 1 && seed % 2 == 1 ? ProxyProgram::Operator::kHostile
                                       : ProxyProgram::Operator::kHonest,
         .program = {}});
  }
  for (std::size_t i = 0; i < kWorkers; ++i) {
    workers_.push_back({.hardware = std::make_unique<fakes::FakeQuoteSource>(
                            world_.sim, world_.new_platform("machine-" + std::to_string(i))),
                        .lives = 0,
                        .program = {}});
  }
  for (std::size_t i = 0; i < kClients; ++i) {
    clients_.push_back(
        {.disk = std::make_unique<fakes::MemoryReceiptStore>(world_.sim), .program = {}});
  }
  around_.manners = Manners::kHostile;
  for (std::size_t i = 0; i < kProxies; ++i) start_proxy(i);
  for (std::size_t i = 0; i < kWorkers; ++i) start_worker(i);
  for (std::size_t i = 0; i < kClients; ++i) start_client(i);
}

Stage::~Stage() {
  fabric_.tear_all();
  world_.sim.end();
}

void Stage::start_proxy(std::size_t which) {
  ProxySlot& slot = proxies_[which];
  if (slot.program) return;
  slot.program = std::make_unique<ProxyProgram>(around_, "proxy-" + std::to_string(which),
                                                slot.place, slot.by);
}

void Stage::start_worker(std::size_t which) {
  WorkerSlot& slot = workers_[which];
  if (slot.program) return;
  std::vector<ports::Endpoint> places;
  for (const ProxySlot& proxy : proxies_) places.push_back(proxy.place);
  slot.program = std::make_unique<WorkerProgram>(around_, "worker-" + std::to_string(which),
                                                 ++slot.lives, *slot.hardware, places);
}

void Stage::start_client(std::size_t which) {
  ClientSlot& slot = clients_[which];
  if (slot.program) return;
  slot.program =
      std::make_unique<ClientProgram>(around_, "client-" + std::to_string(which), *slot.disk);
}

void Stage::stop_proxy(std::size_t which) {
  if (proxies_[which].program) check_bills_of(*proxies_[which].program);
  proxies_[which].program.reset();
}

void Stage::make_peace() {
  trace_.note("world", "peace");
  around_.manners = Manners::kHonest;
  fabric_.heal_all();
  world_.chain.set_server(fakes::FakeChainHead::Server::kAnswers);
  for (std::size_t i = 0; i < kWorkers; ++i)
    hardware(i).set_hardware(fakes::FakeQuoteSource::Hardware::kWorks);
  for (std::size_t i = 0; i < kClients; ++i)
    disk(i).set_disk(fakes::MemoryReceiptStore::Disk::kHealthy);
  for (std::size_t i = 0; i < kProxies; ++i) start_proxy(i);
  for (std::size_t i = 0; i < kWorkers; ++i) {
    if (worker(i) != nullptr && worker(i)->is_draining()) stop_worker(i);
    start_worker(i);
    worker(i)->engine().start();
    worker(i)->engine().be_reliable();
  }
  for (std::size_t i = 0; i < kClients; ++i) start_client(i);
  fabric_.set_conditions({});
}

std::optional<std::uint64_t> Stage::ask(std::size_t client, const Habits& habits) {
  ClientProgram* const program = clients_[client].program.get();
  if (program == nullptr) return std::nullopt;
  const std::uint64_t question = asked_of_.size();
  asked_of_.push_back(client);
  // An app's life is its own; its connection is lost with the client.
  auto connection = fabric_.connect_local(apps_, program->host(), program->serve());
  simulation().spawn(
      sim::ask(std::move(connection), ledger_, trace_, world_.clock(), question, habits));
  return question;
}

void Stage::check_bills_of(const ProxyProgram& proxy) {
  for (const auto& [id, boot] : ledger_.accepted()) {
    if (const Bytes* const kept = proxy.bills().find(id)) ledger_.check_bill_kept(id, *kept);
  }
}

void Stage::check_books() {
  for (const auto& [question, outcome] : ledger_.outcomes()) {
    if (outcome.end != Outcome::End::kAnswered) continue;
    const auto& receipts = disk(asked_of_[question]).receipts();
    const auto id = RequestId::from_hex(outcome.request_id);
    const auto kept = id ? receipts.find(*id) : receipts.end();
    const auto answer = kept == receipts.end() ? std::unexpected(Error(BaseError::kOutOfRange, ""))
                                               : client::KeptAnswer::decode(kept->second);
    ledger_.check_answer(question, outcome, answer ? &answer->receipt : nullptr);
  }
  for (const ProxySlot& slot : proxies_) {
    if (slot.program) check_bills_of(*slot.program);
  }
}

void Stage::check_leaks() {
  std::vector<std::string> leaks;
  for (const ProxySlot& slot : proxies_) leaks.push_back(slot.program->leaks());
  for (const WorkerSlot& slot : workers_) leaks.push_back(slot.program->leaks());
  for (const ClientSlot& slot : clients_) leaks.push_back(slot.program->leaks());
  for (const std::string& leak : leaks) {
    if (!leak.empty()) ledger_.broken("left over: " + leak);
  }
  // Between two polls only the roles' own loops sleep: one of each client and worker, one of each
  // proxy for each worker, and one of each worker that tells the ledger its keys.
  constexpr std::size_t kLoops = kClients + kWorkers * 2 + kProxies * kWorkers;
  const auto is_quiet = [&] {
    return fabric_.streams() == 0 && world_.clock().sleepers() == kLoops;
  };
  if (!simulation().run_until(is_quiet, 20s)) {
    ledger_.broken("left over: " + std::to_string(fabric_.streams()) + " streams, " +
                   std::to_string(world_.clock().sleepers()) + " sleeping coroutines instead of " +
                   std::to_string(kLoops));
  }
}

}  // namespace cocoon::sim
