#include <doctest/doctest.h>

#include "roles/proxy/proxy_scene_test.h"
#include "tests/fakes/world/machine_room.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::proxy;
using namespace std::chrono_literals;
using fakes::MachineRoom;
using fakes::StubWorker;
using ports::Counter;

namespace {

wire::Directory directory_of(ProxyScene& scene) {
  return wire::Directory::decode(scene.get(std::string(wire::kPathDirectory)).body).value();
}

fakes::WholeAnswer collateral_of(ProxyScene& scene, const CollateralDigest& digest) {
  return scene.get(std::string(wire::kPathCollateral) + digest.hex());
}

}  // namespace

TEST_CASE("a proxy hands out the collateral that its workers brought, by its digest") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  const wire::Directory directory = directory_of(scene);
  REQUIRE_EQ(directory.entries.size(), 1);
  REQUIRE(directory.entries[0].collateral.has_value());
  const fakes::WholeAnswer found = collateral_of(scene, *directory.entries[0].collateral);
  CHECK_EQ(found.status, 200);
  CHECK_EQ(as_text(found.body), worker.platform->collateral());
  CHECK_EQ(collateral_of(scene, CollateralDigest()).status, 404);
  CHECK_EQ(scene.get("/v1/collateral/xyz").status, 404);
}

TEST_CASE("a worker without collateral is judged by what another of its model brought") {
  ProxyScene scene;
  const MachineRoom room(scene.world);
  StubWorker silent(scene.world, room.machine());
  silent.load.collateral.reset();
  scene.attach(silent);
  CHECK(scene.listed().empty());
  CHECK_EQ(scene.metrics.count(Counter::kRefusedCollateral), 1);
  StubWorker other(scene.world, room.machine());
  scene.attach(other);
  scene.world.sim.advance(7s);
  CHECK_EQ(scene.listed().size(), 2);
}

TEST_CASE("the newest collateral of a model is handed out and decides about every worker") {
  ProxyScene scene;
  const MachineRoom room(scene.world, {.evaluation_number = 2});
  StubWorker first(scene.world, room.machine());
  StubWorker second(scene.world, room.machine());
  scene.attach(first);
  scene.attach(second);
  CHECK_EQ(scene.floors.kept().front().number, 2);

  const std::string newer = room.published({.evaluation_number = 3});
  second.publish(newer);
  scene.world.sim.advance(3s);
  const wire::Directory directory = directory_of(scene);
  REQUIRE_EQ(directory.entries.size(), 2);
  for (const wire::DirectoryEntry& entry : directory.entries) {
    REQUIRE(entry.collateral.has_value());
    CHECK_EQ(as_text(collateral_of(scene, *entry.collateral).body), newer);
  }
  CHECK_EQ(scene.floors.kept().front().number, 3);

  using Revoked = tdxsim::CollateralOptions::Revoked;
  second.publish(room.published({.revoked = Revoked::kPck, .evaluation_number = 4}));
  scene.world.sim.advance(3s);
  CHECK(scene.listed().empty());
  CHECK_GE(scene.metrics.count(Counter::kRefusedPlatform), 2);
  CHECK_GE(scene.world.log.count("the PCK certificate is revoked"), 2);
}

TEST_CASE(
    "collateral that does not hold is refused with its reason, and not asked for each second") {
  ProxyScene scene;
  const MachineRoom room(scene.world, {.evaluation_number = 2});
  StubWorker worker(scene.world, room.machine());
  std::string reason;
  SUBCASE("expired") {
    worker.publish(room.published({.valid_for = -1}));
    reason = "the collateral is valid only until";
  }
  SUBCASE("rolled back") {
    StubWorker honest(scene.world, room.machine());
    const auto link = scene.attach(honest);
    link->close();
    worker.publish(room.published({.evaluation_number = 1}));
    reason = "rolled-back collateral";
  }
  SUBCASE("not signed by the vendor") {
    worker.publish(tdxsim::make_platform("somebody else").collateral());
    reason = "its root certificate is not in the policy";
  }
  scene.attach(worker);
  scene.world.sim.advance(4s);
  CHECK_GE(scene.world.log.count(reason), 1);
  CHECK_LE(scene.world.log.count("proxy.collateral_refused"), 1);
}

TEST_CASE("a verdict ends with its collateral, before the worker is looked at again") {
  ProxyScene scene;
  const MachineRoom room(scene.world, {.valid_for = 600});
  StubWorker worker(scene.world, room.machine());
  scene.attach(worker);
  const auto wall = [&] { return scene.world.clock().wall_now().value() / 1000; };
  const auto began = wall();
  while (wall() < began + 590) scene.world.sim.advance(1s);
  CHECK(scene.lists_only(worker));
  worker.mood = StubWorker::Mood::kSilent;  // so that the proxy waits for its load
  const auto polls = worker.polls;
  std::int64_t served_until = 0;
  for (int tenths = 0; tenths < 120 && scene.pool.find(worker.kid()) != nullptr; ++tenths) {
    served_until = static_cast<std::int64_t>(wall() - began);
    scene.world.sim.advance(100ms);
  }
  CHECK_LE(served_until, 600);
  CHECK_GE(served_until, 590);
  CHECK(scene.pool.find(worker.kid()) == nullptr);
  CHECK_EQ(scene.pool.size(), 1);  // it is attached, and its key not looked at again
  CHECK_EQ(scene.metrics.count(Counter::kRefusedFreshness), 0);
  CHECK(scene.listed().empty());
  CHECK_LE(worker.polls, polls + 2);
  const auto answer = post(scene, {&worker});
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 503);
  CHECK_EQ(worker.infers, 0);
}

TEST_CASE("a ban acts at the next request, before the worker is looked at again") {
  ProxyScene scene;
  const MachineRoom room(scene.world);
  StubWorker worker(scene.world, room.machine());
  scene.attach(worker);
  CHECK(scene.pool.find(worker.kid()) != nullptr);
  fakes::ban(scene.world, room.machine());
  CHECK(scene.pool.find(worker.kid()) == nullptr);
  const auto answer = post(scene, {&worker});
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 503);
  CHECK_EQ(worker.infers, 0);
  scene.world.sim.advance(2s);
  CHECK(scene.listed().empty());
  CHECK_EQ(scene.metrics.count(Counter::kRefusedBanned), 1);
  CHECK_EQ(scene.world.log.count("the policy bans this machine"), 1);
}
