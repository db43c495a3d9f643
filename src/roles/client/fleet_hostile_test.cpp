// Proxies that would spoil other proxies' workers.
#include <doctest/doctest.h>

#include <set>

#include "roles/client/fleet.h"
#include "tests/fakes/world/stub_proxy.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using fakes::StubProxy;
using fakes::StubWorker;

namespace {

struct Scene {
  fakes::World world;
  fakes::CountingMetrics metrics;
  Fleet fleet{[this](const ports::Endpoint& to) { return world.network.connect(to); },
              {.registry = world.registry,
               .chain = world.chain,
               .random = world.random,
               .metrics = metrics,
               .clock = world.clock(),
               .log = world.log.logger()}};
  ~Scene() { world.sim.end(); }
};

std::set<Kid> chosen(Scene& scene, std::size_t count) {
  std::set<Kid> kids;
  const auto choice = scene.fleet.choose(scene.world.model, count, {});
  if (!choice) return kids;
  for (const auto& worker : choice->candidates) kids.insert(worker->kid());
  CHECK_EQ(kids.size(), choice->candidates.size());
  return kids;
}

void refresh(Scene& scene) { scene.world.sim.run(scene.fleet.refresh()); }

}  // namespace

TEST_CASE("a proxy that gives bad evidence for another's worker spoils it at its own place only") {
  Scene scene;
  StubWorker worker(scene.world, "one");
  // Lists the same worker and knows no evidence of it.
  struct Spoiler final : ports::HttpHandler {
    explicit Spoiler(const StubWorker& from) : victim(from) {}
    Task<void> handle(ports::HttpRequest request, ports::ResponseWriter& response) override {
      if (request.path != wire::kPathDirectory) {
        (void)co_await ports::respond(response, 200, {}, to_bytes("nonsense"));
        co_return;
      }
      const wire::Directory directory{.entries = {{.kid = victim.kid(),
                                                   .model_hash = victim.statement.model_hash,
                                                   .terms_hash = {},
                                                   .busy_permille = 0}}};
      (void)co_await ports::respond(response, 200, {}, directory.encode());
    }
    const StubWorker& victim;
  } spoiler(worker);
  const ports::Endpoint bad = scene.world.new_proxy_place("bad", 11'000);
  scene.world.network.listen(bad, spoiler);
  StubProxy good(scene.world, "good", 11'001, {&worker});
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  for (int i = 0; i < 200; ++i) {
    scene.world.sim.advance(1s);
    auto choice = scene.fleet.choose(scene.world.model, 3, {});
    REQUIRE(choice.has_value());
    if (choice->line->proxy.key == bad.key)
      choice = scene.fleet.choose(scene.world.model, 3, {choice->line});
    REQUIRE(choice.has_value());
    CHECK(choice->line->proxy.key == good.place.key);
  }
}

TEST_CASE("a proxy that never answers delays nobody else's workers") {
  Scene scene;
  StubWorker worker(scene.world, "one");
  struct Silence final : ports::HttpHandler {
    Task<void> handle(ports::HttpRequest, ports::ResponseWriter& response) override {
      co_await response.wait_closed();
    }
  } silence;
  scene.world.network.listen(scene.world.new_proxy_place("silent", 11'000), silence);
  StubProxy good(scene.world, "good", 11'001, {&worker});
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  scene.world.sim.advance(100ms);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
}

TEST_CASE("a verdict that nobody looked at again counts no more") {
  Scene scene;
  StubWorker worker(scene.world, "one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  scene.world.sim.advance(85s);
  CHECK_EQ(chosen(scene, 3).size(), 1);
  scene.world.sim.advance(10s);
  CHECK(chosen(scene, 3).empty());
  CHECK_EQ(scene.fleet.workers_verified(), 0);
}

TEST_CASE("a kid that a directory repeats is listed once") {
  Scene scene;
  StubWorker worker(scene.world, "one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker, &worker, &worker});
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
}

TEST_CASE("a chain that stands still keeps no worker's statement young") {
  Scene scene;
  StubWorker worker(scene.world, "one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  CHECK_EQ(chosen(scene, 3).size(), 1);
  scene.world.chain.set_server(fakes::FakeChainHead::Server::kStuck);
  scene.world.sim.advance(4300s);
  refresh(scene);
  CHECK(chosen(scene, 3).empty());
}
