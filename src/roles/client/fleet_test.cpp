#include "roles/client/fleet.h"

#include <doctest/doctest.h>

#include <set>

#include "roles/client/client_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using fakes::StubProxy;
using fakes::StubWorker;

namespace {

std::set<Kid> chosen(ClientScene& scene, std::size_t count,
                     const std::vector<std::shared_ptr<ProxyLine>>& avoid = {}) {
  std::set<Kid> kids;
  const auto choice = scene.fleet.choose(scene.world.model, count, avoid);
  if (!choice) return kids;
  for (const auto& worker : choice->candidates) kids.insert(worker->kid());
  CHECK_EQ(kids.size(), choice->candidates.size());
  return kids;
}

void refresh(ClientScene& scene) { scene.world.sim.run(scene.fleet.refresh()); }

}  // namespace

TEST_CASE("a worker is used once its evidence was verified here") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  CHECK(chosen(scene, 3).empty());
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  CHECK_EQ(scene.fleet.workers_verified(), 1);
  CHECK_EQ(scene.fleet.proxies_up(), 1);
  CHECK_FALSE(scene.fleet.choose(ModelHash(), 3, {}).has_value());
}

TEST_CASE("a wrong worker is never used, whatever its proxy says") {
  ClientScene scene;
  StubWorker& good = scene.new_worker("good");
  StubWorker& bad = scene.new_worker("bad");
  StubProxy proxy(scene.world, "proxy", 11'000, {&good, &bad});
  tdxsim::Measurements measurements = tdxsim::default_measurements();
  SUBCASE("a root that is not in the registry") {
    scene.world.registry.change([&](registry::Snapshot& snapshot) {
      std::erase(snapshot.policy.roots, bad.platform->root_fingerprint());
    });
  }
  SUBCASE("an image that is not in the registry") {
    measurements.rtmr1[3] ^= std::byte{1};
    bad.make_evidence({}, measurements);
  }
  SUBCASE("a quote over another statement") {
    bad.make_evidence({.report_data = tdxsim::QuoteOptions::ReportData::kFirstBitFlipped});
  }
  SUBCASE("evidence of another worker") {
    bad.evidence.at(bad.kid()) = good.evidence.at(good.kid());
  }
  SUBCASE("a model hash that is not in the registry") {
    bad.statement.model_hash = ModelHash(scene.world.random.array<32>());
    bad.make_evidence();
  }
  SUBCASE("a model hash under another name") {
    bad.statement.model_name = "other-model";
    bad.configuration = fakes::worker_configuration("other-model");
    bad.make_evidence();
  }
  SUBCASE("another configuration than the measured one") {
    const auto at = as_text(bad.evidence.at(bad.kid())).find("llama-server");
    bad.evidence.at(bad.kid())[at] ^= std::byte{1};
  }
  SUBCASE("a measured configuration outside its schema") {
    bad.configuration = to_bytes("network = -777\n");
    bad.make_evidence();
  }
  SUBCASE("an old block") {
    scene.world.sim.advance(4300s);
    good.make_evidence();
  }
  SUBCASE("another network") {
    bad.statement.network = NetworkId(-239);
    bad.make_evidence();
  }
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{good.kid()});
  CHECK_EQ(scene.metrics.count(ports::Counter::kEvidenceAccepted), 1);
  CHECK_EQ(scene.metrics.count(ports::Counter::kEvidenceRefused), 1);
  CHECK_EQ(scene.world.log.count("client.worker_refused"), 1);
}

TEST_CASE("what the evidence says of the model counts, not what the directory says") {
  ClientScene scene;
  const ModelHash other(scene.world.random.array<32>());
  scene.world.registry.change([&](registry::Snapshot& snapshot) {
    snapshot.models.push_back({.name = "other-model", .hash = other});
  });
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  worker.statement.model_hash = scene.world.model;
  const attest::Statement honest = worker.statement;
  worker.statement.model_hash =
      other;  // what the stub's directory entry says; the evidence stays as it was
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  CHECK_FALSE(scene.fleet.choose(other, 3, {}).has_value());
}

TEST_CASE("a worker that a directory lists twice is one candidate") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker, &worker});
  refresh(scene);
  CHECK(chosen(scene, 3).size() == 1);
}

TEST_CASE("workers on different machines go first") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    ClientScene scene({.seed = seed});
    StubWorker& crowd = scene.new_worker("crowd");
    std::vector<StubWorker*> all{&crowd};
    for (int i = 0; i < 3; ++i) all.push_back(&scene.new_worker_on(*crowd.platform));
    StubWorker& loner = scene.new_worker("loner");
    all.push_back(&loner);
    StubProxy proxy(scene.world, "proxy", 11'000, all);
    refresh(scene);
    CHECK(chosen(scene, 2).contains(loner.kid()));
    CHECK_EQ(chosen(scene, 2).size(), 2);
    CHECK_EQ(chosen(scene, 4).size(), 4);
    CHECK_EQ(chosen(scene, 8).size(), 5);
  }
}

TEST_CASE("every worker gets its share of the choices") {
  ClientScene scene;
  std::vector<StubWorker*> all;
  for (const char* name : {"a", "b", "c", "d"}) all.push_back(&scene.new_worker(name));
  StubProxy proxy(scene.world, "proxy", 11'000, all);
  refresh(scene);
  std::map<Kid, int> counts;
  for (int i = 0; i < 400; ++i) {
    for (const Kid& kid : chosen(scene, 1)) ++counts[kid];
  }
  CHECK_EQ(counts.size(), 4);
  for (const auto& [kid, count] : counts) CHECK(count > 60);
}

TEST_CASE("a proxy that does not answer is left out until it does") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  scene.world.network.unplug(proxy.place);
  refresh(scene);
  CHECK(chosen(scene, 3).empty());
  CHECK_EQ(scene.fleet.proxies_up(), 0);
  scene.world.network.plug_in(proxy.place);
  refresh(scene);
  CHECK_EQ(chosen(scene, 3).size(), 1);
  const auto choice = scene.fleet.choose(scene.world.model, 1, {});
  scene.fleet.report_failure(choice->line);
  CHECK(chosen(scene, 3).empty());
  refresh(scene);
  CHECK_EQ(chosen(scene, 3).size(), 1);
  CHECK(chosen(scene, 3, {choice->line}).empty());
}

TEST_CASE("a proxy whose directory is nonsense counts as down") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  struct Nonsense final : ports::HttpHandler {
    Task<void> handle(ports::HttpRequest, ports::ResponseWriter& response) override {
      (void)co_await ports::respond(response, 200, {}, to_bytes("nonsense"));
    }
  } nonsense;
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  scene.world.network.listen(proxy.place, nonsense);
  refresh(scene);
  CHECK_EQ(scene.fleet.proxies_up(), 0);
  CHECK(chosen(scene, 3).empty());
}

TEST_CASE("proxies come and go with the registry") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubWorker& other = scene.new_worker("two");
  StubProxy first(scene.world, "first", 11'000, {&worker});
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  StubProxy second(scene.world, "second", 11'001, {&other});
  scene.world.registry.change([&](registry::Snapshot& snapshot) {
    std::erase_if(snapshot.proxies,
                  [&](const registry::Proxy& proxy) { return proxy.key == first.place.key; });
  });
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{other.kid()});
  CHECK_EQ(scene.fleet.workers_verified(), 1);
}

TEST_CASE("a proxy that the registry lists no more is asked by no further request") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  CHECK_EQ(chosen(scene, 3).size(), 1);
  scene.world.registry.change([](registry::Snapshot& snapshot) { snapshot.proxies.clear(); });
  CHECK(chosen(scene, 3).empty());
}

TEST_CASE("a registry that is lost for a while loses no proxy and judges nobody") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  scene.world.registry.lose(Error(ports::HttpError::kProtocol, "the registry is too old"));
  refresh(scene);
  CHECK_EQ(scene.fleet.why_none(scene.world.model), "the registry is too old");
  StubWorker& later = scene.new_worker("two");
  proxy.workers.push_back(&later);
  refresh(scene);
  CHECK_EQ(scene.fleet.workers_verified(), 1);
  scene.world.registry.lose(std::nullopt);
  scene.world.sim.advance(6s);
  refresh(scene);
  CHECK_EQ(scene.fleet.workers_verified(), 2);
}

TEST_CASE("a change of policy counts at once, before anybody was judged again") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  scene.world.registry.change([](registry::Snapshot& snapshot) { snapshot.policy.images.clear(); });
  CHECK(chosen(scene, 3).empty());
  refresh(scene);
  CHECK(chosen(scene, 3).empty());
}

TEST_CASE("a verdict is kept for a minute, a refusal for a few seconds") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  for (int i = 0; i < 10; ++i) {
    scene.world.sim.advance(5s);
    refresh(scene);
  }
  CHECK_EQ(proxy.evidence_asked, 1);
  scene.world.sim.advance(11s);
  refresh(scene);
  CHECK_EQ(proxy.evidence_asked, 2);

  const Bytes evidence = worker.evidence.at(worker.kid());
  worker.evidence.at(worker.kid()).clear();
  scene.world.sim.advance(61s);
  refresh(scene);
  CHECK(chosen(scene, 3).empty());
  worker.evidence.at(worker.kid()) = evidence;
  refresh(scene);
  CHECK(chosen(scene, 3).empty());
  scene.world.sim.advance(5s);
  refresh(scene);
  CHECK_EQ(chosen(scene, 3).size(), 1);
}

TEST_CASE("the fleet follows its proxies on its own, and quickly while it knows nobody") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {});
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  scene.world.sim.advance(1s);
  proxy.workers = {&worker};
  scene.world.sim.advance(300ms);
  CHECK_EQ(chosen(scene, 3).size(), 1);
  proxy.workers = {};
  scene.world.sim.advance(2100ms);
  CHECK(chosen(scene, 3).empty());
  CHECK_EQ(scene.fleet.workers_verified(), 0);
}

TEST_CASE("a proxy that refuses one stream stays in use") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy proxy(scene.world, "proxy", 11'000, {&worker});
  refresh(scene);
  REQUIRE(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  scene.world.network.refuse_streams(proxy.place);
  refresh(scene);
  CHECK(chosen(scene, 3) == std::set<Kid>{worker.kid()});
  CHECK_EQ(scene.fleet.proxies_up(), 1);
}
