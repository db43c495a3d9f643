#include <doctest/doctest.h>

#include <algorithm>

#include "tests/network/network.h"

using namespace cocoon;
using namespace cocoon::network;
using namespace std::chrono_literals;
using fakes::EngineAnswer;

namespace {

const std::string kStreamed =
    R"({"model":"test-model","messages":[{"role":"user","content":"x"}],"stream":true})";
const std::string kInOnePiece =
    R"({"model":"test-model","messages":[{"role":"user","content":"x"}]})";

std::size_t envelopes_sent(const Network& network) {
  std::size_t count = 0;
  const Bytes seen = network.world.network.seen();
  const std::string_view wire = as_text(seen);
  for (auto at = wire.find("/v1/relay"); at != wire.npos; at = wire.find("/v1/relay", at + 1)) {
    ++count;
  }
  return count;
}

// The worker that runs the only request there is.
WorkerNode& busy_worker(Network& network) {
  const auto found = std::ranges::find_if(
      network.workers, [](const auto& worker) { return worker->engine.under_way() == 1; });
  REQUIRE(found != network.workers.end());
  return **found;
}

// As when its process is killed: every connection it has breaks at once.
void kill(Network& network, const WorkerNode& worker) {
  for (const auto& link : network.world.network.worker_links()) {
    if (link->identity_key() == worker.keyring.identity().public_key()) link->close();
  }
}

// A question that goes on beside the test.
struct Asked {
  Asked(Network& in, std::string body) : network(in) {
    const auto keep = [](Network& net, std::string text, Asked& to) -> Task<void> {
      auto got = co_await net.ask(std::move(text));
      to.answer.emplace(std::move(got));
    };
    network.world.sim.spawn(keep(network, std::move(body), *this));
  }
  const Result<fakes::WholeAnswer>& wait() {
    REQUIRE(network.world.sim.run_until([this] { return answer.has_value(); }));
    return *answer;
  }
  Network& network;
  std::optional<Result<fakes::WholeAnswer>> answer;
};

}  // namespace

TEST_CASE("a worker that vanishes before its first frame loses nothing: same envelope, next wrap") {
  Network network({.proxies = 2, .workers = 3});
  EngineAnswer late = fakes::chat_stream({"a", "b"}, 20ms);
  late.head_after = 1s;
  answer_with(network, late);
  const std::size_t sent_before = envelopes_sent(network);
  Asked asked(network, kStreamed);
  network.world.sim.advance(500ms);
  const WorkerNode& victim = busy_worker(network);
  kill(network, victim);
  const auto& answer = asked.wait();
  CHECK_EQ(answer.value().status, 200);
  CHECK(answer->text().ends_with("data: [DONE]\n\n"));
  CHECK(network.worker_of(answer->header("x-cocoon-kid")) != &victim);
  CHECK_EQ(envelopes_sent(network), sent_before + 1);
  CHECK_EQ(calls(network), 2);
  std::size_t retries = 0;
  for (const auto& proxy : network.proxies) {
    retries += proxy->metrics.count(ports::Counter::kRelayRetries);
  }
  CHECK_EQ(retries, 1);
  // Its own copy of the request goes on nowhere.
  CHECK_EQ(victim.engine.cancelled(), 1);
}

TEST_CASE("a worker that vanishes in the middle of an answer is an error, never a short answer") {
  for (const std::string& body : {kStreamed, kInOnePiece}) {
    CAPTURE(body);
    Network network({.proxies = 1, .workers = 2});
    EngineAnswer answer_script = fakes::chat_stream(std::vector<std::string>(20, "tick"), 100ms);
    if (body == kInOnePiece) {
      answer_script = fakes::chat_whole("Paris.");
      answer_script.steps.push_back({.after = 2s, .text = " "});
    }
    answer_with(network, answer_script);
    Asked asked(network, body);
    network.world.sim.advance(1s);
    kill(network, busy_worker(network));
    const auto& answer = asked.wait();
    CHECK_EQ(answer.value().status, body == kStreamed ? 200 : 502);
    CHECK(answer->text().find("\"error\"") != std::string_view::npos);
    CHECK(answer->text().find("[DONE]") == std::string_view::npos);
    CHECK(answer->text().find("Paris") == std::string_view::npos);
    // It was begun, so nobody else may begin it again.
    CHECK_EQ(calls(network), 1);
  }
}

TEST_CASE("one of two proxies dies: new requests succeed within a second") {
  for (std::size_t dead = 0; dead < 2; ++dead) {
    Network network({.proxies = 2, .workers = 2});
    network.world.network.unplug(network.proxies[dead]->place);
    for (int i = 0; i < 10; ++i) {
      const auto began = network.world.clock().now();
      CHECK_EQ(network.ask_now(kStreamed).value().status, 200);
      CHECK(network.world.clock().now() - began < 1s);
    }
    network.world.network.plug_in(network.proxies[dead]->place);
    network.world.sim.advance(35s);
    CHECK_EQ(network.proxies[dead]->pool.size(), 2);
    const auto relayed = network.proxies[dead]->metrics.count(ports::Counter::kRequestsOk);
    for (int i = 0; i < 20; ++i) CHECK_EQ(network.ask_now(kStreamed).value().status, 200);
    CHECK(network.proxies[dead]->metrics.count(ports::Counter::kRequestsOk) > relayed);
  }
}

TEST_CASE("without any proxy the app is told at once, and is served once one is back") {
  Network network({.proxies = 1, .workers = 1});
  network.world.network.unplug(network.proxies[0]->place);
  const auto refused = network.ask_now(kStreamed);
  CHECK(refused.value().status >= 502);
  network.world.network.plug_in(network.proxies[0]->place);
  network.world.sim.advance(35s);
  CHECK_EQ(network.ask_now(kStreamed).value().status, 200);
  CHECK(network.world.sim.crashes().empty());
}
