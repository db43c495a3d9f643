#include "roles/worker/service.h"

#include <doctest/doctest.h>

#include "attest/evidence.h"
#include "roles/worker/worker_scene_test.h"
#include "wire/directory.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::worker;
using namespace std::chrono_literals;
using fakes::EngineAnswer;
using ports::Counter;

namespace {

fakes::WholeAnswer get(WorkerScene& scene, std::string path) {
  auto answer = scene.world.sim.run(
      fakes::exchange(scene.http, scene.world.clock(), "GET", std::move(path), {}, {}));
  REQUIRE(answer.has_value());
  return std::move(*answer);
}

wire::LoadReport load(WorkerScene& scene) {
  const auto report = wire::LoadReport::decode(get(scene, std::string(wire::kPathLoad)).body);
  REQUIRE(report.has_value());
  return *report;
}

int status_of(WorkerScene& scene, Bytes envelope, ports::HttpFields headers) {
  const auto answer = scene.world.sim.run(fakes::exchange(scene.http, scene.world.clock(), "POST",
                                                          std::string(wire::kPathInfer),
                                                          std::move(headers), std::move(envelope)));
  return answer ? answer->status : 0;
}
ports::HttpFields infer_fields() { return {{"content-type", std::string(wire::kMediaInfer)}}; }

// Several questions at once; the answers come into `heard` as they end.
Task<void> post_into(WorkerScene& scene, Question question, std::vector<Heard>& heard) {
  heard.push_back(co_await post(scene, std::move(question)));
}

}  // namespace

TEST_CASE("a request wrapped for another key is misdirected") {
  WorkerScene scene;
  Question question = seal(scene);
  question.envelope[sealed::kRequestHeaderSize] ^=
      std::byte{1};  // first byte of the recipient's kid
  CHECK_EQ(status_of(scene, std::move(question.envelope), infer_fields()), 421);
  CHECK(scene.engine.calls().empty());
  CHECK_EQ(scene.metrics.count(Counter::kRequestsRefused), 1);
}

TEST_CASE("a request for another model is misdirected") {
  WorkerScene scene;
  CHECK_EQ(ask(scene, {.model = ModelHash(scene.world.random.array<32>())}).status, 421);
  CHECK(scene.engine.calls().empty());
}

TEST_CASE("an expired request and one that is valid for too long are refused") {
  WorkerScene scene;
  CHECK_EQ(ask(scene, {.expires_in_s = 0}).status, 400);
  CHECK_EQ(ask(scene, {.expires_in_s = -5}).status, 400);
  CHECK_EQ(ask(scene, {.expires_in_s = 301}).status, 400);
  CHECK_EQ(ask(scene, {.expires_in_s = 300}).status, 200);
  CHECK_EQ(scene.engine.calls().size(), 1);
}

TEST_CASE("time passes on the worker's own clock even when no block arrives") {
  WorkerScene scene;
  Question question = seal(scene, {.expires_in_s = 60});
  scene.world.chain.set_server(fakes::FakeChainHead::Server::kSilent);
  scene.world.sim.advance(61s);
  CHECK_EQ(status_of(scene, std::move(question.envelope), infer_fields()), 400);
}

TEST_CASE("a wall clock that is set back revives no expired request") {
  WorkerScene scene;
  Question question = seal(scene, {.expires_in_s = 60});
  scene.world.sim.advance(61s);
  scene.world.clock().shift_wall(-1h);
  CHECK_EQ(status_of(scene, std::move(question.envelope), infer_fields()), 400);
}

TEST_CASE("the same request twice is refused the second time") {
  WorkerScene scene;
  const Question question = seal(scene);
  CHECK_EQ(status_of(scene, question.envelope, infer_fields()), 200);
  CHECK_EQ(status_of(scene, question.envelope, infer_fields()), 409);
  CHECK_EQ(scene.engine.calls().size(), 1);
  CHECK_EQ(scene.metrics.count(Counter::kReplaysRefused), 1);
  // The id counts, not the bytes.
  CHECK_EQ(ask(scene, {.request_id = question.request_id}).status, 409);
}

TEST_CASE("the same request twice at once is answered once") {
  WorkerScene scene;
  Question first = seal(scene);
  Question second{.envelope = first.envelope,
                  .secret = first.secret.clone(),
                  .request_id = first.request_id,
                  .asking = first.asking};
  std::vector<Heard> heard;
  scene.world.sim.spawn(post_into(scene, std::move(first), heard));
  scene.world.sim.spawn(post_into(scene, std::move(second), heard));
  CHECK(scene.world.sim.run_until([&] { return heard.size() == 2; }));
  CHECK_EQ(heard[0].status + heard[1].status, 609);
  CHECK_EQ(scene.engine.calls().size(), 1);
}

TEST_CASE("a worker that can remember no more request ids takes no more requests") {
  WorkerScene scene({.limits = {.replay_ids_max = 2}});
  CHECK_EQ(ask(scene).status, 200);
  CHECK_EQ(ask(scene).status, 200);
  CHECK_EQ(ask(scene).status, 503);
}

TEST_CASE(
    "vouchers are refused while there is no market, and an empty one where the registry asks for "
    "payment") {
  WorkerScene scene;
  Heard heard =
      scene.world.sim.run(post(scene, seal(scene), {{std::string(wire::kHeaderVoucher), "AAAA"}}));
  CHECK_EQ(heard.status, 402);
  heard = scene.world.sim.run(post(scene, seal(scene), {{std::string(wire::kHeaderVoucher), ""}}));
  CHECK_EQ(heard.status, 200);
  scene.world.registry.change([](registry::Snapshot& snapshot) {
    snapshot.parameters.price_floor = NanoTon::from_nano(1).value();
  });
  CHECK_EQ(ask(scene).status, 402);
  CHECK_EQ(scene.engine.calls().size(), 1);
}

TEST_CASE("without a registry nobody knows the price, and nothing is served") {
  WorkerScene scene;
  scene.world.registry.lose(Error(ports::HttpError::kProtocol, "the registry is too old"));
  CHECK_EQ(ask(scene).status, 503);
  CHECK(scene.engine.calls().empty());
  scene.world.registry.lose(std::nullopt);
  CHECK_EQ(ask(scene).status, 200);
}

TEST_CASE("a flipped bit anywhere in the envelope is refused and reaches no engine") {
  WorkerScene scene;
  const Question question = seal(scene);
  for (std::size_t at = 0; at < question.envelope.size(); at += 41) {
    Bytes bent = question.envelope;
    bent[at] ^= std::byte{4};
    CAPTURE(at);
    const int status = status_of(scene, std::move(bent), infer_fields());
    CHECK(status >= 400);
    CHECK(status < 500);
  }
  Bytes bent = question.envelope;
  bent.back() ^= std::byte{1};
  CHECK_EQ(status_of(scene, std::move(bent), infer_fields()), 400);
  CHECK(scene.engine.calls().empty());
  // None of these spent the id.
  CHECK_EQ(status_of(scene, question.envelope, infer_fields()), 200);
}

TEST_CASE("a request that is cut short, too long or not an envelope is refused") {
  WorkerScene scene({.limits = {.request_bytes_max = 4096}});
  Question question = seal(scene);
  question.envelope.pop_back();
  CHECK_EQ(status_of(scene, question.envelope, infer_fields()), 400);
  CHECK_EQ(status_of(scene, {}, infer_fields()), 400);
  CHECK_EQ(status_of(scene, Bytes(4097), infer_fields()), 413);
  CHECK_EQ(status_of(scene, seal(scene).envelope, {{"content-type", "application/json"}}), 415);
  CHECK_EQ(status_of(scene, seal(scene).envelope, {}), 415);
  CHECK_EQ(get(scene, "/v1/other").status, 404);
  CHECK_EQ(get(scene, std::string(wire::kPathInfer)).status, 404);
}

TEST_CASE("an envelope that does not arrive in time frees its place") {
  WorkerScene scene({.limits = {.running_max = 1, .queue_max = 0, .body_by = 30s}});
  auto response = scene.world.sim.run(
      scene.http.send({.method = "POST",
                       .path = std::string(wire::kPathInfer),
                       .headers = infer_fields(),
                       .body = std::make_unique<fakes::SlowBody>(
                           scene.world.sim, std::vector<fakes::SlowBody::Piece>{{0s, Bytes(10)}},
                           fakes::SlowBody::End::kNever)},
                      scene.world.clock().in(5min)));
  REQUIRE(response.has_value());
  CHECK_EQ(response->status, 408);
  scene.world.sim.settle();
  CHECK_EQ(load(scene).occupied, 0);
}

TEST_CASE("beyond its places a worker says 429 with Retry-After, and serves the waiting in order") {
  WorkerScene scene({.limits = {.running_max = 1, .queue_max = 2}});
  scene.engine.answer_with(fakes::chat_stream({"a", "b"}, 1s));
  std::vector<Heard> heard;
  for (int i = 0; i < 3; ++i) scene.world.sim.spawn(post_into(scene, seal(scene), heard));
  scene.world.sim.settle();
  CHECK_EQ(load(scene).places, 3);
  CHECK_EQ(load(scene).occupied, 3);
  CHECK(load(scene).intake == wire::LoadReport::Intake::kOpen);
  CHECK_EQ(scene.engine.calls().size(), 1);

  const Heard refused = ask(scene);
  CHECK_EQ(refused.status, 429);
  CHECK_EQ(ports::find_field(refused.headers, "retry-after"), "1");

  CHECK(scene.world.sim.run_until([&] { return heard.size() == 3; }));
  for (const Heard& one : heard) CHECK_EQ(one.status, 200);
  CHECK_EQ(load(scene).occupied, 0);
  CHECK_EQ(scene.metrics.peak(ports::Gauge::kRequestsInFlight), 1);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kRequestsQueued), 0);
}

TEST_CASE("a client that goes away while waiting leaves its place to the next") {
  WorkerScene scene({.limits = {.running_max = 1, .queue_max = 1}});
  scene.engine.answer_with(fakes::chat_stream({"a"}, 10s));
  std::vector<Heard> heard;
  scene.world.sim.spawn(post_into(scene, seal(scene), heard));
  scene.world.sim.settle();
  Question waiting = seal(scene);
  const auto given_up =
      scene.world.sim.run(scene.http.send({.method = "POST",
                                           .path = std::string(wire::kPathInfer),
                                           .headers = infer_fields(),
                                           .body = ports::body_of(waiting.envelope)},
                                          scene.world.clock().in(1s)));
  CHECK(given_up.error().is(async::AsyncError::kTimeout));
  scene.world.sim.settle();
  CHECK_EQ(load(scene).occupied, 1);
  CHECK(scene.world.sim.run_until([&] { return heard.size() == 1; }));
  // It was never opened, so its id is not spent.
  CHECK_EQ(status_of(scene, waiting.envelope, infer_fields()), 200);
}

TEST_CASE("a worker whose engine is down or that has no key yet takes nothing") {
  WorkerScene scene;
  const Bytes envelope = seal(scene).envelope;
  for (const auto state : {ports::EngineState::kStarting, ports::EngineState::kRestarting,
                           ports::EngineState::kGivenUp}) {
    scene.engine.set_state(state);
    CHECK_EQ(status_of(scene, envelope, infer_fields()), 503);
    CHECK(load(scene).intake == wire::LoadReport::Intake::kClosed);
    CHECK_FALSE(scene.service.is_ready());
  }
  scene.engine.set_state(ports::EngineState::kReady);
  CHECK_EQ(status_of(scene, envelope, infer_fields()), 200);

  WorkerScene keyless({.keys = WorkerScene::Options::Keys::kNone});
  CHECK_EQ(status_of(keyless, envelope, infer_fields()), 503);
  CHECK(load(keyless).kids.empty());
}

TEST_CASE("an engine that went down while a request waited is answered with 503") {
  WorkerScene scene({.limits = {.running_max = 1, .queue_max = 1}});
  scene.engine.answer_with(fakes::chat_stream({"a"}, 10s));
  std::vector<Heard> heard;
  scene.world.sim.spawn(post_into(scene, seal(scene), heard));
  scene.world.sim.spawn(post_into(scene, seal(scene), heard));
  scene.world.sim.advance(1s);
  scene.engine.set_state(ports::EngineState::kRestarting);
  CHECK(scene.world.sim.run_until([&] { return heard.size() == 2; }));
  CHECK_EQ(heard[0].status, 200);
  CHECK_EQ(heard[1].status, 503);
  CHECK_EQ(ports::find_field(heard[1].headers, "retry-after"), "1");
}

TEST_CASE("a draining worker refuses what is new and finishes what it has") {
  WorkerScene scene;
  scene.engine.answer_with(fakes::chat_stream({"a", "b", "c"}, 1s));
  std::vector<Heard> heard;
  scene.world.sim.spawn(post_into(scene, seal(scene), heard));
  scene.world.sim.advance(1s);
  scene.service.stop_intake();
  CHECK_EQ(ask(scene).status, 503);
  CHECK(load(scene).intake == wire::LoadReport::Intake::kClosed);
  const auto begin = scene.world.clock().now();
  scene.world.sim.run(scene.service.wait_idle());
  CHECK(scene.world.clock().now() - begin >= 2s);
  scene.world.sim.settle();
  REQUIRE_EQ(heard.size(), 1);
  CHECK(heard[0].ending == Heard::Ending::kWhole);
  CHECK(heard[0].receipt->status == provenance::AnswerStatus::kOk);
}

TEST_CASE("evidence is served for the worker's own keys only") {
  WorkerScene scene;
  const auto key = scene.keyring.newest();
  const fakes::WholeAnswer found = get(scene, std::string(wire::kPathEvidence) + key->kid.hex());
  CHECK_EQ(found.status, 200);
  CHECK_EQ(found.header("content-type"), wire::kMediaCbor);
  CHECK(equal(found.body, key->evidence));
  CHECK_EQ(get(scene, std::string(wire::kPathEvidence) + Kid().hex()).status, 404);
  CHECK_EQ(get(scene, std::string(wire::kPathEvidence) + "xyz").status, 404);
}

TEST_CASE("nothing of prompt or answer is logged") {
  WorkerScene scene;
  scene.engine.answer_with(fakes::chat_stream({"canary-out"}));
  (void)ask(
      scene,
      {.body =
           R"({"model":"test-model","messages":[{"role":"user","content":"canary-in"}],"stream":true})"});
  scene.engine.answer_with(fakes::engine_error(500, "canary-out"));
  (void)ask(scene, {.body = R"({"model":"canary-in","messages":["canary-in"]})"});
  CHECK_EQ(scene.world.log.count("canary"), 0);
  CHECK(scene.world.sim.crashes().empty());
}
