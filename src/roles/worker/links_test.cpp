#include "roles/worker/links.h"

#include <doctest/doctest.h>

#include "roles/worker/worker_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::worker;
using namespace std::chrono_literals;

namespace {

struct LinkScene {
  explicit LinkScene(std::size_t proxies)
      : dialer(scene.world.network, scene.keyring.identity().public_key()) {
    for (std::size_t i = 0; i < proxies; ++i) {
      places.push_back(scene.world.new_proxy_place("proxy" + std::to_string(i),
                                                   static_cast<std::uint16_t>(11'000 + i)));
      scene.world.network.listen(
          places.back(), unused,
          [this](std::shared_ptr<ports::WorkerLink> link) { accepted.push_back(std::move(link)); });
    }
    links.emplace(places, scene.service,
                  ProxyLinks::World{.dialer = dialer,
                                    .random = scene.world.random,
                                    .metrics = scene.metrics,
                                    .clock = scene.world.clock(),
                                    .log = scene.world.log.logger()});
  }
  ~LinkScene() { scene.world.sim.end(); }

  struct Unused final : ports::HttpHandler {
    Task<void> handle(ports::HttpRequest, ports::ResponseWriter&) override { co_return; }
  };
  WorkerScene scene;
  Unused unused;
  fakes::MemoryDialer dialer;
  std::vector<ports::Endpoint> places;
  std::vector<std::shared_ptr<ports::WorkerLink>> accepted;
  std::optional<ProxyLinks> links;
};

}  // namespace

TEST_CASE(
    "a worker is attached to every proxy of its configuration and serves over those connections") {
  LinkScene test(3);
  test.links->start(test.scene.world.sim.executor());
  test.scene.world.sim.settle();
  CHECK_EQ(test.links->attached(), 3);
  CHECK_EQ(test.scene.metrics.value(ports::Gauge::kProxiesAttached), 3);
  for (const auto& link : test.accepted) {
    CHECK(link->identity_key() == test.scene.keyring.identity().public_key());
    const auto load = test.scene.world.sim.run(fakes::exchange(
        link->client(), test.scene.world.clock(), "GET", std::string(wire::kPathLoad), {}, {}));
    CHECK_EQ(load.value().status, 200);
  }
}

TEST_CASE("a lost proxy is dialled again with pauses that grow, and others are not disturbed") {
  LinkScene test(2);
  test.links->start(test.scene.world.sim.executor());
  test.scene.world.sim.advance(1min);
  test.scene.world.network.unplug(test.places[0]);
  test.scene.world.sim.settle();
  CHECK_EQ(test.links->attached(), 1);
  const std::size_t before = test.scene.world.network.dials();
  test.scene.world.sim.advance(10min);
  const std::size_t dials = test.scene.world.network.dials() - before;
  CHECK(dials >= 20);  // never slower than every 30 s
  CHECK(dials <= 60);
  test.scene.world.network.plug_in(test.places[0]);
  test.scene.world.sim.advance(31s);
  CHECK_EQ(test.links->attached(), 2);
}

TEST_CASE("a worker that starts before its proxy finds it") {
  LinkScene test(1);
  test.scene.world.network.unplug(test.places[0]);
  test.links->start(test.scene.world.sim.executor());
  test.scene.world.sim.advance(1s);
  CHECK_EQ(test.links->attached(), 0);
  test.scene.world.network.plug_in(test.places[0]);
  test.scene.world.sim.advance(2s);
  CHECK_EQ(test.links->attached(), 1);
}

TEST_CASE("draining lets requests end, closes every connection and dials no more") {
  LinkScene test(2);
  test.scene.engine.answer_with(fakes::chat_stream({"a", "b"}, 1s));
  test.links->start(test.scene.world.sim.executor());
  test.scene.world.sim.settle();
  auto response = test.scene.world.sim.run(test.accepted[0]->client().send(
      {.method = "POST",
       .path = std::string(wire::kPathInfer),
       .headers = {{"content-type", std::string(wire::kMediaInfer)}},
       .body = ports::body_of(seal(test.scene).envelope)},
      test.scene.world.clock().in(10s)));
  REQUIRE(response.has_value());
  const auto begin = test.scene.world.clock().now();
  test.scene.world.sim.run(test.links->drain(test.scene.world.clock().in(30s)));
  CHECK(test.scene.world.clock().now() - begin == 3s);
  CHECK(test.scene.world.sim.run(ports::read_all(*response->body, 100'000)).has_value());
  test.scene.world.sim.settle();
  CHECK_EQ(test.links->attached(), 0);
  const std::size_t dials = test.scene.world.network.dials();
  test.scene.world.sim.advance(10min);
  CHECK_EQ(test.scene.world.network.dials(), dials);
}

TEST_CASE("draining ends at its deadline even if a request does not") {
  LinkScene test(2);
  fakes::EngineAnswer endless = fakes::chat_stream({"a"});
  endless.end = fakes::EngineAnswer::End::kHangs;
  endless.steps.resize(1);
  test.scene.engine.answer_with(endless);
  test.links->start(test.scene.world.sim.executor());
  test.scene.world.sim.settle();
  std::vector<ports::HttpResponse> hanging;
  for (const auto& link : test.accepted) {
    auto response = test.scene.world.sim.run(
        link->client().send({.method = "POST",
                             .path = std::string(wire::kPathInfer),
                             .headers = {{"content-type", std::string(wire::kMediaInfer)}},
                             .body = ports::body_of(seal(test.scene).envelope)},
                            test.scene.world.clock().in(10s)));
    REQUIRE(response.has_value());
    hanging.push_back(std::move(*response));
  }
  const auto begin = test.scene.world.clock().now();
  test.scene.world.sim.run(test.links->drain(test.scene.world.clock().in(30s)));
  CHECK(test.scene.world.clock().now() - begin == 30s);
  test.scene.world.sim.settle();
  CHECK_EQ(test.links->attached(), 0);
}
