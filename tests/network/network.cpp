#include "tests/network/network.h"

#include "base/check.h"

namespace cocoon::network {

using namespace std::chrono_literals;

ProxyNode::ProxyNode(World& world, const std::string& name, std::uint16_t port)
    : place(world.new_proxy_place(name, port)),
      pool(64, {.registry = world.registry,
                .chain = world.chain,
                .floors = floors,
                .metrics = metrics,
                .clock = world.clock(),
                .log = world.log.logger()}),
      bills(1000),
      relay({}, {.pool = pool,
                 .bills = bills,
                 .receipts = receipts,
                 .metrics = metrics,
                 .clock = world.clock(),
                 .log = world.log.logger()}),
      service(pool, bills, receipts, relay) {
  world.network.listen(place, service, [this, &world](std::shared_ptr<ports::WorkerLink> link) {
    pool.attach(world.sim.executor(), std::move(link));
  });
}

WorkerNode::WorkerNode(World& world, const std::string& name,
                       const std::vector<ports::Endpoint>& proxies)
    : quotes(world.sim, world.new_platform(name)),
      collateral(quotes.platform().collateral()),
      engine(world.sim),
      keyring({.network = kDevnetNetworkId,
               .model_name = World::kModelName,
               .model_hash = world.model,
               .configuration = fakes::worker_configuration(World::kModelName),
               .owner_address = {},
               .slot_id = {}},
              {.registry = world.registry,
               .chain = world.chain,
               .quotes = quotes,
               .random = world.random,
               .clock = world.clock(),
               .log = world.log.logger()},
              [this](std::uint32_t epoch) { service.forget_epoch(epoch); }),
      service(world.sim.executor(), {.model_hash = world.model}, {.running_max = 2, .queue_max = 2},
              {.keyring = keyring,
               .registry = world.registry,
               .engine = engine,
               .collateral = collateral,
               .random = world.random,
               .metrics = metrics,
               .clock = world.clock(),
               .log = world.log.logger()}),
      dialer(world.network, keyring.identity().public_key()),
      links(proxies, service,
            {.dialer = dialer,
             .random = world.random,
             .metrics = metrics,
             .clock = world.clock(),
             .log = world.log.logger()}) {
  COCOON_CHECK(world.sim.run(keyring.rotate()).has_value());
  world.sim.spawn(keyring.keep_rotating());
  links.start(world.sim.executor());
}

ClientNode::ClientNode(World& world)
    : receipts(world.sim),
      promised(world.sim),
      promises({.promises = promised,
                .metrics = metrics,
                .clock = world.clock(),
                .log = world.log.logger()}),
      kept({.answers = receipts,
            .documents = documents,
            .promises = promises,
            .log = world.log.logger()}),
      fleet([&world](const ports::Endpoint& to) { return world.network.connect(to); },
            {.registry = world.registry,
             .chain = world.chain,
             .floors = floors,
             .random = world.random,
             .metrics = metrics,
             .clock = world.clock(),
             .log = world.log.logger()}),
      endpoint(client::Gate({}), {},
               {.fleet = fleet,
                .registry = world.registry,
                .kept = kept,
                .random = world.random,
                .metrics = metrics,
                .clock = world.clock(),
                .log = world.log.logger()}),
      app(world.sim, endpoint) {
  world.sim.spawn(fleet.keep_fresh());
}

Network::Network(Size size) : world(size.seed) {
  std::vector<ports::Endpoint> places;
  for (std::size_t i = 0; i < size.proxies; ++i) {
    proxies.push_back(std::make_unique<ProxyNode>(world, "proxy-" + std::to_string(i),
                                                  static_cast<std::uint16_t>(11'000 + i)));
    places.push_back(proxies.back()->place);
  }
  for (std::size_t i = 0; i < size.workers; ++i) {
    workers.push_back(std::make_unique<WorkerNode>(world, "machine-" + std::to_string(i), places));
  }
  client = std::make_unique<ClientNode>(world);
  // Roots were added machine by machine, so the first verdicts are of an older policy.
  world.sim.advance(5s);
}

Task<Result<fakes::WholeAnswer>> Network::ask(std::string body) {
  co_return co_await fakes::exchange(client->app, world.clock(), "POST", "/v1/chat/completions",
                                     {{"host", "localhost"}, {"content-type", "application/json"}},
                                     to_bytes(body));
}

fakes::WholeAnswer Network::get(std::string path) {
  return world.sim
      .run(fakes::exchange(client->app, world.clock(), "GET", std::move(path),
                           {{"host", "localhost"}}, {}))
      .value();
}

WorkerNode* Network::worker_of(std::string_view kid_hex) {
  const auto kid = Kid::from_hex(kid_hex);
  if (!kid) return nullptr;
  for (const auto& worker : workers) {
    if (worker->keyring.find(*kid)) return worker.get();
  }
  return nullptr;
}

void answer_with(Network& network, const fakes::EngineAnswer& answer) {
  for (const auto& worker : network.workers) worker->engine.answer_with(answer);
}

std::size_t calls(const Network& network) {
  std::size_t sum = 0;
  for (const auto& worker : network.workers) sum += worker->engine.calls().size();
  return sum;
}

}  // namespace cocoon::network
