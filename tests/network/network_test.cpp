#include "tests/network/network.h"

#include <doctest/doctest.h>

#include <set>

#include "provenance/receipt.h"

using namespace cocoon;
using namespace cocoon::network;
using namespace std::chrono_literals;
using fakes::EngineAnswer;

namespace {

std::string chat(std::string_view content, std::string_view more = {}) {
  return R"({"model":"test-model","messages":[{"role":"user","content":")" + std::string(content) +
         R"("}],"stream":true)" + std::string(more) + "}";
}

// What an app sees of this answer if it did not ask for the usage.
std::string without_usage(const EngineAnswer& answer) {
  std::string all;
  for (const auto& step : answer.steps) {
    if (step.text.find(R"("choices":[],"usage")") == std::string::npos) all += step.text;
  }
  return all;
}

// Many apps at once; each answer with its own text.
Task<void> ask_and_check(Network& network, std::string word, int& done) {
  const auto answer = co_await network.ask(chat(word));
  CHECK(answer.has_value());
  if (!answer) co_return;
  CHECK_EQ(answer->status, 200);
  CHECK(answer->text().find("answer to " + word) != std::string_view::npos);
  CHECK(answer->text().ends_with("data: [DONE]\n\n"));
  ++done;
}

// What can be told of a run: everything that any role logged and where every receipt came from.
struct Trace {
  std::vector<std::string> kids;
  std::vector<std::string> receipts;
  std::chrono::nanoseconds took{};
  bool operator==(const Trace&) const = default;
};

Trace run_with_seed(std::uint64_t seed) {
  Network network({.proxies = 2, .workers = 2, .seed = seed});
  answer_with(network, fakes::chat_stream({"a", "b"}, 10ms));
  Trace trace;
  for (int i = 0; i < 6; ++i) {
    const auto answer = network.ask_now(chat("hello"));
    trace.kids.emplace_back(answer.value().header("x-cocoon-kid"));
    trace.receipts.emplace_back(answer->header("x-cocoon-receipt"));
  }
  trace.took = network.world.clock().now().time_since_epoch();
  return trace;
}

}  // namespace

TEST_CASE(
    "a question travels from the app to a worker's engine and its answer back, with receipt and "
    "bill") {
  Network network({.proxies = 1, .workers = 2});
  const EngineAnswer engine =
      fakes::chat_stream({"Par", "is", "."}, 20ms, "stop", {.input = 12, .output = 3});
  answer_with(network, engine);
  const auto answer = network.ask_now(chat("capital of France?", R"(,"seed":7)"));
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 200);
  CHECK_EQ(answer->text(), without_usage(engine));

  WorkerNode* const worker = network.worker_of(answer->header("x-cocoon-kid"));
  REQUIRE(worker != nullptr);
  REQUIRE_EQ(worker->engine.calls().size(), 1);
  CHECK_EQ(calls(network), 1);
  CHECK(worker->engine.calls()[0].body.find(R"("seed":7)") != std::string::npos);

  const std::string id(answer->header("x-cocoon-receipt"));
  const auto receipt = provenance::verify_receipt(network.get("/v1/receipts/" + id).body,
                                                  worker->keyring.identity().public_key());
  REQUIRE(receipt.has_value());
  CHECK(receipt->status == provenance::AnswerStatus::kOk);
  CHECK_EQ(receipt->tokens.input.value(), 12);
  const Bytes* const bill = network.proxies[0]->bills.find(receipt->request_id);
  REQUIRE(bill != nullptr);
  const auto verified = provenance::verify_bill(*bill, worker->keyring.identity().public_key());
  REQUIRE(verified.has_value());
  CHECK(verified->receipt ==
        provenance::receipt_hash(network.client->receipt_of(receipt->request_id)));
  CHECK(network.world.sim.crashes().empty());
}

TEST_CASE("the usage chunk is shown to who asked for it and to nobody else") {
  Network network({});
  const auto plain = network.ask_now(chat("x"));
  CHECK(plain.value().text().find("\"usage\"") == std::string_view::npos);
  const auto asked = network.ask_now(chat("x", R"(,"stream_options":{"include_usage":true})"));
  CHECK(asked.value().text().find("\"usage\"") != std::string_view::npos);
}

TEST_CASE("an answer in one piece and an engine's refusal come through too") {
  Network network({});
  answer_with(network, fakes::chat_whole("Paris."));
  const auto whole = network.ask_now(R"({"model":"test-model","messages":[]})");
  CHECK_EQ(whole.value().status, 200);
  CHECK_EQ(whole->text(), fakes::chat_whole("Paris.").steps[0].text);
  answer_with(network, fakes::engine_error(400, "too long"));
  CHECK_EQ(network.ask_now(chat("x")).value().status, 400);
  const auto fetch = network.ask_now(
      R"({"model":"test-model","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}]})");
  CHECK_EQ(fetch.value().status, 400);
}

TEST_CASE("neither prompt nor answer passes in the clear, is logged, or is held by a proxy") {
  Network network({.proxies = 2, .workers = 2});
  answer_with(network, fakes::chat_stream({"canary-of-the-answer"}));
  const auto answer = network.ask_now(chat("canary-of-the-prompt"));
  CHECK(answer.value().text().find("canary-of-the-answer") != std::string_view::npos);
  const Bytes wire = network.world.network.seen();
  CHECK(wire.size() > 2000);
  CHECK(as_text(wire).find("canary") == std::string_view::npos);
  CHECK_EQ(network.world.log.count("canary"), 0);
  CHECK(as_text(network.client->app.seen()).find("canary-of-the-prompt") != std::string_view::npos);
}

TEST_CASE("many questions at once are each answered as asked, spread over the workers") {
  Network network({.proxies = 2, .workers = 3});
  for (const auto& worker : network.workers) {
    worker->engine.answer_by([](const fakes::FakeEngine::Call& call) {
      const auto from = call.body.find("word-");
      const auto to = call.body.find('"', from);
      return fakes::chat_stream({"answer to " + call.body.substr(from, to - from)}, 50ms);
    });
  }
  int done = 0;
  for (int i = 0; i < 6; ++i) {
    network.world.sim.spawn(ask_and_check(network, "word-" + std::to_string(i), done));
    network.world.sim.advance(1ms);
  }
  CHECK(network.world.sim.run_until([&] { return done == 6; }));
  std::size_t used = 0;
  for (const auto& worker : network.workers) used += worker->engine.calls().empty() ? 0 : 1;
  CHECK(used >= 2);
}

TEST_CASE("a worker that disappears before it answers costs the app nothing") {
  Network network({.proxies = 1, .workers = 2});
  answer_with(network, fakes::chat_stream({"a"}));
  // One of them dies without a word: its links lead nowhere from now on.
  network.workers[0]->engine.set_state(ports::EngineState::kRestarting);
  for (int i = 0; i < 10; ++i) {
    const auto answer = network.ask_now(chat("x"));
    CHECK_EQ(answer.value().status, 200);
    CHECK(network.worker_of(answer->header("x-cocoon-kid")) == network.workers[1].get());
  }
}

TEST_CASE(
    "a proxy that dies in the middle of an answer breaks it visibly, and the next question goes "
    "elsewhere") {
  Network network({.proxies = 2, .workers = 2});
  answer_with(network, fakes::chat_stream(std::vector<std::string>(20, "tick"), 100ms));
  std::optional<Result<fakes::WholeAnswer>> answer;
  const auto keep = [](Network& in, std::optional<Result<fakes::WholeAnswer>>& to) -> Task<void> {
    auto got = co_await in.ask(chat("x"));
    to.emplace(std::move(got));
  };
  network.world.sim.spawn(keep(network, answer));
  network.world.sim.advance(1s);
  for (const auto& proxy : network.proxies) {
    if (proxy->metrics.count(ports::Counter::kBytesRelayed) > 0)
      network.world.network.unplug(proxy->place);
  }
  CHECK(network.world.sim.run_until([&] { return answer.has_value(); }));
  CHECK(answer->value().text().find("error") != std::string_view::npos);
  CHECK(answer->value().text().find("[DONE]") == std::string_view::npos);
  network.world.sim.advance(1s);
  std::size_t cancelled = 0;
  for (const auto& worker : network.workers) cancelled += worker->engine.cancelled();
  CHECK_EQ(cancelled, 1);
  const auto next = network.ask_now(chat("x"));
  CHECK(next.value().text().ends_with("data: [DONE]\n\n"));
}

TEST_CASE("an app that goes away stops the engine at the far end") {
  Network network({.proxies = 1, .workers = 1});
  answer_with(network, fakes::chat_stream(std::vector<std::string>(100, "tick"), 100ms));
  {
    auto response = network.world.sim.run(network.client->app.send(
        {.method = "POST",
         .path = "/v1/chat/completions",
         .headers = {{"host", "localhost"}, {"content-type", "application/json"}},
         .body = ports::body_of(to_bytes(chat("x")))},
        network.world.clock().in(10s)));
    REQUIRE(response.has_value());
    network.world.sim.advance(1050ms);
  }
  const std::size_t made = network.workers[0]->engine.steps_given();
  network.world.sim.advance(10s);
  CHECK(network.workers[0]->engine.steps_given() <= made + 1);
  CHECK_EQ(network.workers[0]->engine.cancelled(), 1);
  CHECK_EQ(network.proxies[0]->relay.buffered_bytes(), 0);
}

TEST_CASE("when all places are taken the app hears 429 with Retry-After, and later it is served") {
  Network network({.proxies = 1, .workers = 1});
  answer_with(network, fakes::chat_stream({"a"}, 10s));
  std::vector<int> statuses;
  const auto keep = [](Network& in, std::vector<int>& to) -> Task<void> {
    auto got = co_await in.ask(chat("x"));
    to.push_back(got.value().status);
  };
  for (int i = 0; i < 4; ++i) network.world.sim.spawn(keep(network, statuses));
  network.world.sim.settle();
  const auto refused = network.ask_now(chat("x"));
  CHECK_EQ(refused.value().status, 429);
  CHECK_EQ(refused->header("retry-after"), "1");
  CHECK(network.world.sim.run_until([&] { return statuses.size() == 4; }));
  CHECK(statuses == std::vector<int>(4, 200));
  CHECK_EQ(network.ask_now(chat("x")).value().status, 200);
}

TEST_CASE("hours of hourly keys pass without a question lost") {
  Network network({.proxies = 1, .workers = 2});
  answer_with(network, fakes::chat_stream({"a"}));
  std::set<std::string> kids;
  for (int hour = 0; hour < 5; ++hour) {
    for (int i = 0; i < 4; ++i) {
      network.world.sim.advance(15min);
      const auto answer = network.ask_now(chat("x"));
      CHECK_EQ(answer.value().status, 200);
      kids.emplace(answer->header("x-cocoon-kid"));
    }
  }
  CHECK(kids.size() >= 6);
  CHECK(network.world.sim.crashes().empty());
}

TEST_CASE("a worker whose root is banned serves nobody any more") {
  Network network({.proxies = 1, .workers = 2});
  network.world.registry.change([&](registry::Snapshot& snapshot) {
    std::erase(snapshot.policy.roots, network.workers[0]->quotes.platform().root_fingerprint());
  });
  CHECK_EQ(network.ask_now(chat("x")).value().status, 503);  // nobody is trusted on an old verdict
  network.world.sim.advance(5s);
  for (int i = 0; i < 10; ++i) CHECK_EQ(network.ask_now(chat("x")).value().status, 200);
  CHECK_EQ(network.workers[0]->engine.calls().size(), 0);
}

TEST_CASE("a worker that drains finishes what it has while the others take the rest") {
  Network network({.proxies = 1, .workers = 2});
  answer_with(network, fakes::chat_stream({"a", "b"}, 5s));
  std::vector<std::string> texts;
  const auto keep = [](Network& in, std::vector<std::string>& to) -> Task<void> {
    auto got = co_await in.ask(chat("x"));
    to.emplace_back(got.value().text());
  };
  network.world.sim.spawn(keep(network, texts));
  network.world.sim.spawn(keep(network, texts));
  network.world.sim.advance(1s);
  WorkerNode& draining = *network.workers[0];
  REQUIRE_EQ(draining.engine.calls().size(), 1);
  draining.service.stop_intake();
  network.world.sim.spawn(keep(network, texts));
  network.world.sim.run(draining.links.drain(network.world.clock().in(1min)));
  CHECK(network.world.sim.run_until([&] { return texts.size() == 3; }));
  for (const std::string& text : texts) CHECK(text.ends_with("data: [DONE]\n\n"));
  CHECK_EQ(draining.engine.calls().size(), 1);
  CHECK_EQ(draining.engine.cancelled(), 0);
  CHECK_EQ(network.proxies[0]->pool.size(), 1);
}

TEST_CASE("the same seed walks the same way, another one another") {
  const Trace one = run_with_seed(11);
  CHECK(one == run_with_seed(11));
  CHECK(one != run_with_seed(12));
}
