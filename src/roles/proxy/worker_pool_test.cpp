#include "roles/proxy/worker_pool.h"

#include <doctest/doctest.h>

#include "roles/proxy/proxy_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::proxy;
using namespace std::chrono_literals;
using fakes::StubWorker;
using ports::Counter;

namespace {

void check_refused(ProxyScene& scene, const StubWorker& worker) {
  CHECK(scene.listed().empty());
  CHECK(scene.pool.find(worker.kid()) == nullptr);
  CHECK(scene.pool.evidence(worker.kid()) == nullptr);
  CHECK_EQ(scene.metrics.count(Counter::kEvidenceAccepted), 0);
  CHECK_EQ(scene.metrics.count(Counter::kEvidenceRefused), 1);
  CHECK_EQ(scene.world.log.count("proxy.worker_refused"), 1);
}

}  // namespace

TEST_CASE("a worker whose evidence holds is listed, and its evidence handed out as it came") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  CHECK(scene.lists_only(worker));
  const fakes::WholeAnswer evidence =
      scene.get(std::string(wire::kPathEvidence) + worker.kid().hex());
  CHECK_EQ(evidence.status, 200);
  CHECK(equal(evidence.body, worker.evidence.at(worker.kid())));
  CHECK_EQ(scene.get(std::string(wire::kPathEvidence) + Kid().hex()).status, 404);
  CHECK_EQ(scene.metrics.count(Counter::kEvidenceAccepted), 1);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kWorkersAttached), 1);
}

TEST_CASE("a worker under a root that the registry does not list is refused") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.world.registry.change([](registry::Snapshot& snapshot) {
    snapshot.policy.roots = {tdxsim::make_platform("somebody else").root_fingerprint()};
  });
  scene.attach(worker);
  check_refused(scene, worker);
}

TEST_CASE("a worker with another image than those of the list is refused") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  tdxsim::Measurements measurements = tdxsim::default_measurements();
  SUBCASE("other firmware") { measurements.mrtd[0] ^= std::byte{1}; }
  SUBCASE("other machine") { measurements.rtmr0[0] ^= std::byte{1}; }
  SUBCASE("other software") { measurements.rtmr2[0] ^= std::byte{1}; }
  worker.make_evidence({}, measurements);
  scene.attach(worker);
  check_refused(scene, worker);
}

TEST_CASE("a worker whose TD is in debug mode is refused") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  worker.make_evidence({.td_attributes = 1U | std::uint64_t{1} << 28U});
  scene.attach(worker);
  check_refused(scene, worker);
}

TEST_CASE("evidence counts only for the connection whose hello its identity key signed") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(std::make_shared<fakes::MemoryWorkerLink>(scene.world.sim, worker,
                                                         scene.world.new_identity().public_key()));
  check_refused(scene, worker);
}

TEST_CASE("evidence counts only for its own kid") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const Kid kid(scene.world.random.array<32>());
  worker.evidence[kid] = worker.evidence.at(worker.kid());
  worker.load.kids = {kid};
  scene.attach(worker);
  check_refused(scene, worker);
  CHECK(scene.pool.find(kid) == nullptr);
}

TEST_CASE("a worker for a model that the registry does not list is refused") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  worker.statement.model_hash = ModelHash(scene.world.random.array<32>());
  worker.make_evidence();
  scene.attach(worker);
  check_refused(scene, worker);
}

TEST_CASE("evidence with a changed byte, none, or one too long is refused") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  Bytes& evidence = worker.evidence.at(worker.kid());
  SUBCASE("changed byte in the configuration") {
    const auto at = as_text(evidence).find("llama-server");
    REQUIRE(at != std::string_view::npos);
    evidence[at] ^= std::byte{1};
  }
  SUBCASE("changed byte in the quote") { evidence[evidence.size() / 2] ^= std::byte{1}; }
  SUBCASE("nothing") { evidence.clear(); }
  SUBCASE("too long") { evidence.resize(300 * 1024); }
  SUBCASE("not found") { worker.evidence.clear(); }
  scene.attach(worker);
  check_refused(scene, worker);
}

TEST_CASE(
    "a statement that names a block which the chain does not have, or an old one, is refused") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  SUBCASE("old") { scene.world.sim.advance(4300s); }
  SUBCASE("another chain's") {
    // Evidence made when the wall clock was ahead: the chain has no such block yet.
    scene.world.clock().shift_wall(10min);
    worker.make_evidence();
    scene.world.clock().shift_wall(-10min);
  }
  scene.attach(worker);
  check_refused(scene, worker);
}

TEST_CASE("a refused worker is looked at again after a while") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const auto roots = scene.world.registry.current().value()->policy.roots;
  scene.world.registry.change([](registry::Snapshot& snapshot) { snapshot.policy.roots.clear(); });
  scene.attach(worker);
  CHECK(scene.listed().empty());
  scene.world.registry.change([&](registry::Snapshot& snapshot) { snapshot.policy.roots = roots; });
  scene.world.sim.advance(6s);
  CHECK(scene.lists_only(worker));
}

TEST_CASE("a change of policy drops the workers it no longer allows at their next poll") {
  ProxyScene scene;
  StubWorker stays(scene.world, "stays");
  StubWorker goes(scene.world, "goes");
  scene.attach(stays);
  scene.attach(goes);
  CHECK_EQ(scene.listed().size(), 2);
  scene.world.registry.change([&](registry::Snapshot& snapshot) {
    std::erase(snapshot.policy.roots, goes.platform->root_fingerprint());
  });
  scene.world.sim.advance(1100ms);
  CHECK(scene.lists_only(stays));
  CHECK(scene.pool.find(goes.kid()) == nullptr);
  CHECK_EQ(scene.pool.size(), 2);  // its connection is not the problem
}

TEST_CASE("while there is no registry those who were accepted stay, and nobody is judged") {
  ProxyScene scene;
  StubWorker known(scene.world, "known");
  StubWorker late(scene.world, "late");
  scene.attach(known);
  scene.world.registry.lose(Error(ports::HttpError::kProtocol, "the registry is too old"));
  scene.attach(late);
  scene.world.sim.advance(70s);
  CHECK(scene.lists_only(known));
  CHECK(scene.pool.find(known.kid()) != nullptr);
  scene.world.registry.lose(std::nullopt);
  scene.world.sim.advance(10s);
  CHECK_EQ(scene.listed().size(), 2);
}

TEST_CASE("a model that leaves the registry takes its workers off the list at their next poll") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  scene.world.registry.change([](registry::Snapshot& snapshot) { snapshot.models.clear(); });
  scene.world.sim.advance(1100ms);
  CHECK(scene.listed().empty());
}

TEST_CASE("a key whose statement grew too old is dropped") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  scene.world.sim.advance(4100s);
  CHECK(scene.lists_only(worker));
  scene.world.sim.advance(200s);
  CHECK(scene.listed().empty());
}

TEST_CASE("of a worker with two keys the newest is listed and both answer") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const Kid old_kid = worker.kid();
  const auto renew = [&] {
    worker.statement.key_epoch += 1;
    worker.make_evidence();
    worker.load.kids = {worker.kid(), old_kid};
  };
  SUBCASE("attached before it renewed its key") {
    scene.attach(worker);
    renew();
    scene.world.sim.advance(1100ms);
  }
  SUBCASE("attached after it renewed its key") {
    renew();
    scene.attach(worker);
  }
  CHECK(scene.lists_only(worker));
  CHECK(scene.pool.find(old_kid) != nullptr);
  CHECK(scene.pool.find(worker.kid()) == scene.pool.find(old_kid));
  worker.load.kids = {worker.kid()};
  scene.world.sim.advance(1100ms);
  CHECK(scene.pool.find(old_kid) == nullptr);
}

TEST_CASE("a worker that takes nothing now is not listed until it does again") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  worker.load.intake = wire::LoadReport::Intake::kClosed;
  scene.world.sim.advance(1100ms);
  CHECK(scene.listed().empty());
  CHECK(scene.pool.find(worker.kid()) == nullptr);
  worker.load.intake = wire::LoadReport::Intake::kOpen;
  worker.load.places = 0;
  scene.world.sim.advance(1100ms);
  CHECK(scene.listed().empty());
  worker.load.places = 1;
  scene.world.sim.advance(1100ms);
  CHECK(scene.lists_only(worker));
}

TEST_CASE(
    "a worker that stays silent for three polls is detached, one that comes back in time is not") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const auto link = scene.attach(worker);
  worker.mood = StubWorker::Mood::kSilent;
  scene.world.sim.advance(8s);
  worker.mood = StubWorker::Mood::kAnswers;
  scene.world.sim.advance(10s);
  CHECK(scene.lists_only(worker));
  worker.mood = StubWorker::Mood::kSilent;
  scene.world.sim.advance(20s);
  CHECK_EQ(scene.pool.size(), 0);
  CHECK(scene.listed().empty());
  CHECK_FALSE(link->http().is_up());
  CHECK_EQ(scene.metrics.value(ports::Gauge::kWorkersAttached), 0);
}

TEST_CASE("a worker whose reports make no sense is detached") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  worker.load.kids.assign(wire::kKidsPerWorkerMax + 1, worker.kid());
  const auto link = scene.attach(worker);
  scene.world.sim.advance(5s);
  CHECK_EQ(scene.pool.size(), 0);
  CHECK_FALSE(link->http().is_up());
}

TEST_CASE("a worker whose connection is lost is gone at once") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const auto link = scene.attach(worker);
  link->http().cut();
  scene.world.sim.settle();
  CHECK_EQ(scene.pool.size(), 0);
  CHECK(scene.listed().empty());
}

TEST_CASE("a worker that connects again takes the place of its old connection") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const auto old_link = scene.attach(worker);
  // The proxy has not noticed yet that the old connection leads nowhere.
  const auto new_link = scene.attach(worker);
  CHECK(scene.lists_only(worker));
  CHECK_FALSE(old_link->http().is_up());
  CHECK(new_link->http().is_up());
  CHECK_EQ(scene.pool.size(), 1);
  const auto chosen = scene.pool.find(worker.kid());
  REQUIRE(chosen != nullptr);
  CHECK(&chosen->client() == &new_link->client());
}

TEST_CASE("beyond its bound a proxy turns workers away and keeps those it has") {
  ProxyScene scene({.workers_max = 2});
  StubWorker one(scene.world, "one");
  StubWorker two(scene.world, "two");
  StubWorker three(scene.world, "three");
  const auto first = scene.attach(one);
  scene.attach(two);
  const auto turned_away = scene.attach(three);
  CHECK_FALSE(turned_away->http().is_up());
  CHECK_EQ(scene.pool.size(), 2);
  CHECK_EQ(three.polls, 0);
  first->http().cut();
  scene.world.sim.settle();
  scene.attach(three);
  CHECK_EQ(scene.listed().size(), 2);
}

TEST_CASE("a full proxy turns out whoever proved nothing in time, and nobody else") {
  ProxyScene scene({.workers_max = 2});
  StubWorker honest(scene.world, "honest");
  StubWorker squatter(scene.world, "squatter");
  StubWorker late(scene.world, "late");
  squatter.evidence.clear();
  const auto kept = scene.attach(honest);
  const auto squatting = scene.attach(squatter);
  CHECK_FALSE(scene.attach(late)->http().is_up());
  CHECK(squatting->http().is_up());
  scene.world.sim.advance(10s);
  CHECK(scene.attach(late)->http().is_up());
  CHECK_FALSE(squatting->http().is_up());
  CHECK(kept->http().is_up());
  CHECK_EQ(scene.listed().size(), 2);
}

TEST_CASE("a connection that takes no more requests still brings its answers to their end") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  const auto link = scene.attach(worker);
  worker.infer = fakes::giving(std::vector<std::string>(30, "frame"), 1s);
  auto response = scene.world.sim.run(open(scene, envelope_for(scene, {&worker}).encode()));
  REQUIRE(response.has_value());
  link->http().refuse_new();
  scene.world.sim.advance(2s);
  CHECK(scene.listed().empty());
  const auto all = scene.world.sim.run(ports::read_all(*response->body, 1000));
  CHECK_EQ(all.value().size(), 150);
  // With nothing left to answer it is let go.
  scene.world.sim.advance(10s);
  CHECK_EQ(scene.pool.size(), 0);
  CHECK_FALSE(link->http().is_up());
}
