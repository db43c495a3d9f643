#include "roles/worker/keyring.h"

#include <doctest/doctest.h>

#include "ports/judge.h"
#include "roles/worker/worker_scene_test.h"
#include "wire/directory.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::worker;
using namespace std::chrono_literals;

namespace {

Result<attest::VerifiedWorker> judge(WorkerScene& scene, BytesView evidence) {
  fakes::MemoryFloorStore floors;
  ports::Judge judge({.registry = scene.world.registry,
                      .chain = scene.world.chain,
                      .floors = floors,
                      .clock = scene.world.clock(),
                      .log = scene.world.log.logger()});
  const auto collateral = scene.collateral.current();
  REQUIRE(scene.world.sim.run(judge.take_in(collateral->digest, collateral->json)).has_value());
  return scene.world.sim.run(judge.judge(evidence));
}

}  // namespace

TEST_CASE("a new key comes with evidence that the registry's policy accepts") {
  WorkerScene scene;
  const auto key = scene.keyring.newest();
  REQUIRE(key != nullptr);
  const auto verified = judge(scene, key->evidence);
  if (!verified) FAIL(verified.error().message());
  CHECK(verified->kid() == key->kid);
  CHECK(verified->image_hash() == key->image_hash);
  CHECK(verified->statement().identity_key == scene.keyring.identity().public_key());
  CHECK(verified->statement().hpke_key == key->hpke.public_key());
  CHECK(verified->statement().model_hash == scene.world.model);
  CHECK_EQ(verified->statement().key_epoch, 0);
}

TEST_CASE(
    "a key is renewed after its epoch, opens requests until its grace is over, and is then wiped") {
  WorkerScene scene;
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  const auto old_key = scene.keyring.newest();
  scene.world.sim.advance(3605s);
  const auto new_key = scene.keyring.newest();
  REQUIRE(new_key != old_key);
  CHECK_EQ(new_key->epoch, 1);
  CHECK(new_key->statement.boot_id == old_key->statement.boot_id);
  CHECK(new_key->statement.identity_key == old_key->statement.identity_key);
  CHECK(new_key->hpke.public_key() != old_key->hpke.public_key());
  CHECK(judge(scene, new_key->evidence).has_value());
  CHECK(scene.keyring.kids() == std::vector<Kid>{new_key->kid, old_key->kid});

  // The old key still answers, under its own kid.
  scene.world.sim.advance(500s);
  const Heard heard = ask(scene, {.key = old_key});
  CHECK_EQ(heard.status, 200);
  CHECK(heard.receipt->kid == old_key->kid);
  CHECK(scene.wiped.empty());

  scene.world.sim.advance(110s);
  CHECK(scene.wiped == std::vector<std::uint32_t>{0});
  CHECK(scene.keyring.find(old_key->kid) == nullptr);
  CHECK_EQ(ask(scene, {.key = old_key}).status, 421);
  CHECK_EQ(ask(scene).status, 200);
}

TEST_CASE("ids that were answered are remembered until their envelope has expired") {
  WorkerScene scene({.limits = {.replay_ids_max = 1}});
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  const Heard first = ask(scene);
  CHECK_EQ(first.status, 200);
  CHECK_EQ(ask(scene).status, 503);
  scene.world.sim.advance(110s);
  CHECK_EQ(ask(scene).status, 503);
  scene.world.sim.advance(20s);
  CHECK_EQ(ask(scene).status, 200);
}

TEST_CASE("a request whose key is wiped while it waits is not opened, nor remembered for ever") {
  WorkerScene scene({.limits = {.running_max = 1, .queue_max = 1, .replay_ids_max = 2}});
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  scene.world.sim.advance(4100s);
  const auto old_key = scene.keyring.find(scene.keyring.kids().back());
  REQUIRE(old_key->epoch == 0);
  scene.engine.answer_with(fakes::chat_stream({"slow"}, 300s));
  const auto ask_quietly = [](WorkerScene& in, Question question) -> Task<void> {
    (void)co_await post(in, std::move(question));
  };
  scene.world.sim.spawn(ask_quietly(scene, seal(scene)));
  scene.world.sim.settle();
  scene.world.sim.spawn(ask_quietly(scene, seal(scene, {.expires_in_s = 300, .key = old_key})));
  scene.world.sim.advance(2000s);
  CHECK(scene.wiped == std::vector<std::uint32_t>{0});
  // Of the two places in its memory the newer epoch took one; the wiped epoch must hold none.
  scene.engine.answer_with(fakes::chat_stream({"quick"}));
  CHECK_EQ(ask(scene).status, 200);
}

namespace {
Task<void> ask_into(WorkerScene& scene, Question question, std::optional<Heard>& heard) {
  heard = co_await post(scene, std::move(question));
}
}  // namespace

TEST_CASE("an answer that outlasts its key keeps the private key from nothing") {
  WorkerScene scene;
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  scene.engine.answer_with(fakes::chat_stream({"a", "b", "c"}, 200s));
  std::optional<Heard> heard;
  scene.world.sim.advance(4000s);
  const std::weak_ptr<const EpochKey> key = scene.keyring.find(scene.keyring.kids().back());
  REQUIRE(key.lock()->epoch == 0);
  Question question = seal(scene, {.key = key.lock()});
  question.asking.key.reset();
  scene.world.sim.spawn(ask_into(scene, std::move(question), heard));
  scene.world.sim.advance(300s);
  CHECK(scene.wiped == std::vector<std::uint32_t>{0});
  CHECK(key.expired());
  CHECK_FALSE(heard.has_value());
  CHECK(scene.world.sim.run_until([&] { return heard.has_value(); }));
  CHECK(heard->ending == Heard::Ending::kWhole);
  CHECK(heard->receipt.has_value());
}

TEST_CASE(
    "while the hardware gives no quote the old key stays in use, and a new one follows soon after "
    "it does") {
  WorkerScene scene;
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  const auto key = scene.keyring.newest();
  scene.quotes.set_hardware(fakes::FakeQuoteSource::Hardware::kFails);
  scene.world.sim.advance(3700s);
  CHECK(scene.keyring.newest() == key);
  CHECK_EQ(ask(scene).status, 200);
  CHECK(scene.world.log.count("worker.key_epoch_failed") > 0);
  scene.quotes.set_hardware(fakes::FakeQuoteSource::Hardware::kWorks);
  scene.world.sim.advance(15s);
  CHECK(scene.keyring.newest() != key);
  CHECK_EQ(scene.keyring.newest()->epoch, 1);
}

TEST_CASE("keys are wiped when their time is over, with or without a registry") {
  WorkerScene scene;
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  const auto key = scene.keyring.newest();
  scene.world.registry.lose(Error(ports::HttpError::kProtocol, "the registry is too old"));
  scene.world.sim.advance(4190s);
  CHECK(scene.keyring.find(key->kid) != nullptr);
  scene.world.sim.advance(30s);
  CHECK(scene.keyring.kids().empty());
  CHECK(scene.world.log.count("worker.key_epoch_failed") > 0);
}

TEST_CASE("without a quote for longer than the grace a worker has no key and says so") {
  WorkerScene scene;
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  scene.quotes.set_hardware(fakes::FakeQuoteSource::Hardware::kFails);
  scene.world.sim.advance(4300s);
  CHECK(scene.keyring.newest() == nullptr);
  CHECK_FALSE(scene.service.is_ready());
}

TEST_CASE("a chain that falls silent keeps keys from being renewed but not from growing old") {
  WorkerScene scene;
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  const auto key = scene.keyring.newest();
  scene.world.chain.set_server(fakes::FakeChainHead::Server::kSilent);
  scene.world.sim.advance(3700s);
  CHECK(scene.keyring.newest() == key);
  scene.world.sim.advance(600s);
  CHECK(scene.keyring.newest() == nullptr);
}

TEST_CASE("a worker never reports more keys than a proxy reads") {
  WorkerScene scene;
  scene.world.registry.change(
      [](registry::Snapshot& snapshot) { snapshot.parameters.key_epoch = 30s; });
  scene.world.sim.spawn(scene.keyring.keep_rotating());
  scene.world.sim.advance(400s);
  CHECK(scene.keyring.kids().size() > wire::kKidsPerWorkerMax);
  const auto answer = scene.world.sim.run(fakes::exchange(scene.http, scene.world.clock(), "GET",
                                                          std::string(wire::kPathLoad), {}, {}));
  REQUIRE(answer.has_value());
  const auto report = wire::LoadReport::decode(answer->body);
  REQUIRE(report.has_value());
  CHECK(report->kids.front() == scene.keyring.newest()->kid);
}
