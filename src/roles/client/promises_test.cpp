#include "roles/client/promises.h"

#include <doctest/doctest.h>

#include "roles/client/client_scene_test.h"
#include "tests/fakes/world/memory_receipt_log.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using provenance::log::LogProof;

namespace {

RequestId id_number(std::uint8_t number) {
  ByteArray<16> bytes{};
  bytes[0] = std::byte{number};
  return RequestId(bytes);
}

ReceiptHash receipt_number(std::uint8_t number) {
  return ReceiptHash(crypto::sha256({Bytes(1, std::byte{number})}));
}

// A proxy of which only the log's proofs are asked.
struct LogProxy final : ports::HttpHandler {
  Task<void> handle(ports::HttpRequest request, ports::ResponseWriter& response) override {
    ++asked;
    const auto wanted =
        ReceiptHash::from_hex(request.path.substr(wire::kPathLogProof.size())).value();
    auto proof = log.prove(says ? *says : wanted);
    if (proof && bend) bend(*proof);
    (void)co_await ports::respond(response, proof ? 200 : 404, {},
                                  proof ? to_bytes(proof->text()) : Bytes());
  }
  fakes::MemoryReceiptLog log;
  std::optional<ReceiptHash> says;  // proves this receipt instead
  std::function<void(LogProof&)> bend;
  int asked = 0;
};

struct Scene {
  explicit Scene(Promises::Bounds bounds = {})
      : promises({.promises = stored,
                  .metrics = metrics,
                  .clock = world.clock(),
                  .log = world.log.logger()},
                 bounds) {
    line->proxy.key = proxy.log.key();
    line->http = std::make_unique<fakes::MemoryHttp>(world.sim, proxy);
    world.sim.spawn(promises.keep());
  }
  ~Scene() { world.sim.end(); }
  void expect(std::uint8_t number) {
    promises.expect(id_number(number), receipt_number(number), line);
  }
  [[nodiscard]] std::optional<Bytes> found(std::uint8_t number) {
    return world.sim.run(promises.find(id_number(number))).value();
  }

  fakes::World world;
  fakes::CountingMetrics metrics;
  fakes::MemoryReceiptStore stored{world.sim};
  LogProxy proxy;
  std::shared_ptr<ProxyLine> line = std::make_shared<ProxyLine>();
  Promises promises;
};

}  // namespace

TEST_CASE("a proxy's promise is fetched soon after the answer, and again until it is there") {
  Scene scene;
  CHECK(scene.proxy.log.submit(receipt_number(1)));
  scene.expect(1);
  scene.expect(2);
  scene.world.sim.advance(1s);
  REQUIRE(scene.found(1).has_value());
  CHECK_FALSE(scene.found(2).has_value());
  CHECK_EQ(scene.promises.waiting(), 1);
  CHECK(scene.proxy.log.submit(receipt_number(2)));
  scene.world.sim.advance(1s);
  const auto proof = LogProof::parse(as_text(scene.found(2).value()));
  REQUIRE(proof.has_value());
  CHECK(verify_log_proof(*proof, receipt_number(2),
                         provenance::log::proxy_log_key(scene.line->proxy.key))
            .has_value());
  CHECK_EQ(scene.promises.waiting(), 0);
}

TEST_CASE("what does not prove the receipt under the proxy's key is no promise") {
  Scene scene;
  CHECK(scene.proxy.log.submit(receipt_number(1)));
  CHECK(scene.proxy.log.submit(receipt_number(2)));
  SUBCASE("another receipt's proof") { scene.proxy.says = receipt_number(2); }
  SUBCASE("another index") {
    scene.proxy.bend = [](LogProof& proof) { proof.index = 1; };
  }
  SUBCASE("another log's checkpoint") {
    scene.line->proxy.key = scene.world.new_identity().public_key();
  }
  SUBCASE("not a checkpoint") {
    scene.proxy.bend = [](LogProof& proof) { proof.checkpoint = "x\n"; };
  }
  scene.expect(1);
  scene.world.sim.advance(10s);
  CHECK_FALSE(scene.found(1).has_value());
  CHECK_EQ(scene.promises.waiting(), 1);
}

TEST_CASE("a checkpoint seen before vouches for its own proxy and its own entries only") {
  Scene scene;
  CHECK(scene.proxy.log.submit(receipt_number(1)));
  CHECK(scene.proxy.log.submit(receipt_number(2)));
  scene.expect(1);
  scene.world.sim.advance(1s);
  REQUIRE(scene.found(1).has_value());
  SUBCASE("another receipt's proof") { scene.proxy.says = receipt_number(1); }
  SUBCASE("another proxy") { scene.line->proxy.key = scene.world.new_identity().public_key(); }
  SUBCASE("a note that only begins as it does") {
    scene.proxy.bend = [](LogProof& proof) { proof.checkpoint += "x\n"; };
  }
  scene.expect(2);
  scene.world.sim.advance(1s);
  CHECK_FALSE(scene.found(2).has_value());
  CHECK_EQ(scene.promises.waiting(), 1);
}

TEST_CASE("a promise that never comes is given up, counted and told of") {
  Scene scene({.waiting_max = 2, .given_up_after = 60s});
  for (std::uint8_t i = 0; i < 3; ++i) scene.expect(i);
  CHECK_EQ(scene.promises.waiting(), 2);
  CHECK_EQ(scene.world.log.count("client.no_promise"), 1);
  scene.world.sim.advance(70s);
  CHECK_EQ(scene.promises.waiting(), 0);
  CHECK_EQ(scene.metrics.count(ports::Counter::kReceiptsNotLogged), 3);
}

TEST_CASE("an app sees whether its receipt is promised, and the proof") {
  ReadyScene scene;
  const auto answer = post(scene, kChat);
  const std::string id(answer.value().header("x-cocoon-receipt"));
  const std::string path = "/v1/receipts/" + id;
  CHECK_EQ(get(scene, path).header("x-cocoon-log"), "pending");
  CHECK_EQ(get(scene, path + "/proof").status, 404);
  CHECK_EQ(scene.promises.waiting(), 1);
  REQUIRE(scene.world.sim.run(
      scene.promised.put(RequestId::from_hex(id).value(), to_bytes("a proof"))));
  CHECK_EQ(get(scene, path).header("x-cocoon-log"), "promised");
  CHECK_EQ(get(scene, path + "/proof").text(), "a proof");
}
