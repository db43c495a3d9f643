// Proxies that would spoil other proxies' workers.
#include <doctest/doctest.h>

#include <cstring>
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
  fakes::MemoryFloorStore floors;
  Fleet fleet{[this](const ports::Endpoint& to) { return world.network.connect(to); },
              {.registry = world.registry,
               .chain = world.chain,
               .floors = floors,
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

// Takes every request and answers none.
struct Silence final : ports::HttpHandler {
  Task<void> handle(ports::HttpRequest, ports::ResponseWriter& response) override {
    co_await response.wait_closed();
  }
};

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
  Silence silence;
  scene.world.network.listen(scene.world.new_proxy_place("silent", 11'000), silence);
  StubProxy good(scene.world, "good", 11'001, {&worker});
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  scene.world.sim.advance(100ms);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
}

TEST_CASE("a proxy that falls silent does not keep the client from the others' news") {
  Scene scene;
  StubWorker first(scene.world, "one");
  StubWorker second(scene.world, "two");
  Silence silence;
  scene.world.network.listen(scene.world.new_proxy_place("silent", 11'000), silence);
  StubProxy good(scene.world, "good", 11'001, {&first});
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  scene.world.sim.advance(1s);
  good.workers = {&second};
  // One interval, while the silent one is still being waited for.
  scene.world.sim.advance(2100ms);
  CHECK(chosen(scene, 3) == std::set<Kid>{second.kid()});
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

TEST_CASE("a directory of thousands costs so many looks a round, and the good worker is found") {
  Scene scene;
  StubWorker worker(scene.world, "one");
  StubProxy honest(scene.world, "honest", 11'000, {&worker});
  // Every round it lists thousands that nobody has heard of, other ones each time.
  struct Flooder final : ports::HttpHandler {
    Task<void> handle(ports::HttpRequest request, ports::ResponseWriter& response) override {
      if (request.path != wire::kPathDirectory) {
        ++asked;
        (void)co_await ports::respond(response, 200, {}, to_bytes("nonsense"));
        co_return;
      }
      wire::Directory directory;
      for (int i = 0; i < 5000; ++i) {
        ByteArray<32> kid{};
        const std::uint64_t number = ++listed;
        std::memcpy(kid.data(), &number, sizeof(number));
        directory.entries.push_back(
            {.kid = Kid(kid), .model_hash = {}, .terms_hash = {}, .busy_permille = 0});
      }
      (void)co_await ports::respond(response, 200, {}, directory.encode());
    }
    std::uint64_t listed = 0;
    std::size_t asked = 0;
  } flooder;
  scene.world.network.listen(scene.world.new_proxy_place("flooder", 11'001), flooder);
  for (std::size_t round = 1; round <= 5; ++round) {
    refresh(scene);
    CHECK(flooder.asked <= 64 * round);
    CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  }
  CHECK(flooder.asked > 0);
  CHECK_EQ(scene.fleet.workers_verified(), 1);
}

TEST_CASE("a directory or evidence without end is broken off, and hurts its own proxy only") {
  for (const std::string_view endless : {wire::kPathDirectory, wire::kPathEvidence}) {
    CAPTURE(endless);
    Scene scene;
    StubWorker worker(scene.world, "one");
    StubProxy honest(scene.world, "honest", 11'000, {&worker});
    struct Babbler final : ports::HttpHandler {
      explicit Babbler(std::string_view path) : endless(path) {}
      Task<void> handle(ports::HttpRequest request, ports::ResponseWriter& response) override {
        if (!request.path.starts_with(endless)) {
          wire::Directory directory;
          directory.entries.push_back({.kid = Kid(ByteArray<32>{std::byte{9}}),
                                       .model_hash = {},
                                       .terms_hash = {},
                                       .busy_permille = 0});
          (void)co_await ports::respond(response, 200, {}, directory.encode());
          co_return;
        }
        Status sent = response.head(200, {});
        while (sent && said < 64U << 20U) {
          sent = co_await response.write(Bytes(64 * 1024, std::byte{0x9f}));
          said += 64 * 1024;
        }
      }
      std::string_view endless;
      std::size_t said = 0;
    } babbler(endless);
    scene.world.network.listen(scene.world.new_proxy_place("babbler", 11'001), babbler);
    refresh(scene);
    CHECK(babbler.said > 0);
    CHECK(babbler.said <= wire::kDirectoryBytesMax + (1U << 20U));
    CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  }
}
