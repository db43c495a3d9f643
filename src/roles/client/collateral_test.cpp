#include <doctest/doctest.h>

#include "roles/client/client_scene_test.h"
#include "tests/fakes/world/machine_room.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using fakes::StubProxy;
using fakes::StubWorker;
using ports::Counter;
using tdxsim::CollateralOptions;

namespace {

// A client that knows one worker, on a machine whose vendor goes on publishing.
struct CollateralScene : ClientScene {
  explicit CollateralScene(const CollateralOptions& options = {.evaluation_number = 2})
      : room(world, options),
        worker(new_worker_on(room.machine())),
        proxy(world, "proxy", 11'000, {&worker}) {}

  void refresh() { world.sim.run(fleet.refresh()); }
  // After so much time, in which chain and statements stay young.
  void refresh_after(fakes::Duration time) {
    world.sim.advance(time);
    worker.make_evidence();
    refresh();
  }
  [[nodiscard]] bool is_usable() {
    return fleet.choose(worker.statement.model_hash, 3, {}).has_value();
  }
  [[nodiscard]] std::string app_error() {
    const auto answer = post(*this, kChat);
    REQUIRE(answer.has_value());
    CHECK_EQ(answer->status, 503);
    return std::string(as_text(answer->body));
  }

  fakes::MachineRoom room;
  StubWorker& worker;
  StubProxy proxy;
};

}  // namespace

TEST_CASE("a worker whose platform's collateral nobody has is refused, and the app told so") {
  CollateralScene scene;
  scene.worker.load.collateral.reset();
  scene.refresh();
  CHECK_FALSE(scene.is_usable());
  CHECK(scene.app_error().contains("no-collateral: "));
  CHECK_EQ(scene.metrics.count(Counter::kRefusedCollateral), 1);
}

TEST_CASE("collateral that is not that of its digest, or not the vendor's, is not believed") {
  CollateralScene scene;
  const char* reason = nullptr;
  SUBCASE("other bytes") {
    scene.worker.collateral += " ";
    reason = "is not that of its digest";
  }
  SUBCASE("another vendor's") {
    scene.worker.publish(tdxsim::make_platform("somebody else").collateral());
    reason = "untrusted-root";
  }
  SUBCASE("no collateral at all") {
    scene.worker.publish("{}");
    reason = "malformed";
  }
  scene.refresh();
  CHECK_FALSE(scene.is_usable());
  CHECK(scene.app_error().contains(reason));
}

TEST_CASE("collateral decides: revoked, expired or of the future refuses") {
  using Revoked = CollateralOptions::Revoked;
  CollateralScene scene;
  const char* reason = nullptr;
  SUBCASE("the PCK certificate is revoked") {
    scene.worker.publish(scene.room.published({.revoked = Revoked::kPck}));
    reason = "the PCK certificate is revoked";
  }
  SUBCASE("expired") {
    scene.worker.publish(scene.room.published({.valid_for = -1}));
    reason = "the collateral is valid only until";
  }
  SUBCASE("not valid yet") {
    scene.worker.publish(scene.room.published({.issued_after = 3600}));
    reason = "the collateral is valid only from";
  }
  scene.refresh();
  CHECK_FALSE(scene.is_usable());
  CHECK(scene.app_error().contains(reason));
}

TEST_CASE("newer collateral takes over between two questions; an older one changes nothing") {
  CollateralScene scene;
  scene.refresh();
  CHECK(scene.is_usable());
  CHECK_EQ(scene.floors.kept().front().number, 2);

  const auto accepted = scene.metrics.count(Counter::kEvidenceAccepted);
  scene.worker.publish(scene.room.published({.evaluation_number = 3}));
  scene.refresh();
  CHECK(scene.is_usable());  // passed anew
  CHECK_EQ(scene.metrics.count(Counter::kEvidenceAccepted), accepted + 1);
  CHECK_EQ(scene.floors.kept().front().number, 3);

  scene.worker.publish(scene.room.published({.evaluation_number = 1}));
  scene.refresh_after(61s);
  CHECK(scene.is_usable());
  CHECK_EQ(scene.floors.kept().front().number, 3);

  using Revoked = CollateralOptions::Revoked;
  scene.worker.publish(scene.room.published({.revoked = Revoked::kPck, .evaluation_number = 4}));
  scene.refresh();
  CHECK_FALSE(scene.is_usable());
  CHECK(scene.app_error().contains("the PCK certificate is revoked"));
}

TEST_CASE("a proxy that keeps evidence back does not keep a verdict by old collateral alive") {
  CollateralScene scene;
  scene.refresh();
  CHECK(scene.is_usable());
  using Revoked = CollateralOptions::Revoked;
  scene.worker.publish(scene.room.published({.revoked = Revoked::kPck, .evaluation_number = 3}));
  scene.worker.evidence.clear();
  scene.refresh();
  CHECK_FALSE(scene.is_usable());  // by this proxy
  StubProxy other(scene.world, "other", 11'001, {&scene.worker});
  other.relay = [](StubProxy&, ports::HttpRequest, ports::ResponseWriter&) -> Task<void> {
    co_return;
  };
  scene.refresh();
  scene.world.sim.advance(11s);
  CHECK_EQ(scene.fleet.workers_verified(), 0);
}

TEST_CASE("a client that starts again refuses collateral older than it had seen") {
  CollateralScene scene;
  scene.refresh();
  CHECK(scene.is_usable());
  fakes::MemoryFloorStore floors({{.model = scene.floors.kept().front().model, .number = 3}});
  Fleet fleet([&](const ports::Endpoint& to) { return scene.world.network.connect(to); },
              {.registry = scene.world.registry,
               .chain = scene.world.chain,
               .floors = floors,
               .random = scene.world.random,
               .metrics = scene.metrics,
               .clock = scene.world.clock(),
               .log = scene.world.log.logger()});
  scene.world.sim.run(fleet.refresh());
  const ModelHash model = scene.worker.statement.model_hash;
  CHECK_FALSE(fleet.choose(model, 3, {}).has_value());
  CHECK(fleet.why_none(model).contains("rolled-back collateral"));
  scene.worker.publish(scene.room.published({.evaluation_number = 3}));
  scene.world.sim.advance(6s);
  scene.world.sim.run(fleet.refresh());
  CHECK(fleet.choose(model, 3, {}).has_value());
}

TEST_CASE("without news collateral serves to its end, and then no longer") {
  CollateralScene scene({.valid_for = 600});
  scene.refresh();
  scene.worker.load.collateral.reset();  // who brought it is silent from now on
  scene.refresh_after(590s);
  CHECK(scene.is_usable());
  CHECK_EQ(scene.world.log.count("judge.collateral_expires_soon"), 1);
  scene.world.sim.advance(9s);  // the last second of its window
  CHECK(scene.is_usable());
  scene.world.sim.advance(1s);
  CHECK_FALSE(scene.is_usable());  // before anybody looks at it again
  CHECK_EQ(scene.fleet.workers_verified(), 0);
  scene.world.sim.advance(5s);
  scene.refresh();
  CHECK_FALSE(scene.is_usable());
  CHECK(scene.app_error().contains("the collateral is valid only until"));
  scene.worker.publish(scene.room.published({.evaluation_number = 2}));
  scene.refresh_after(6s);
  CHECK(scene.is_usable());
}

TEST_CASE("a ban acts at the next question, and the app is told of it") {
  CollateralScene scene;
  scene.refresh();
  CHECK(scene.is_usable());
  fakes::ban(scene.world, scene.room.machine());
  CHECK(scene.app_error().contains("banned: "));
  CHECK(scene.asked.empty());
  scene.refresh();
  CHECK(scene.app_error().contains("banned: "));
  CHECK_EQ(scene.metrics.count(Counter::kRefusedBanned), 1);
}
