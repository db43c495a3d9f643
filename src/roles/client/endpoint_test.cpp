#include "roles/client/endpoint.h"

#include <doctest/doctest.h>

#include "roles/client/client_scene_test.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using fakes::StubProxy;
using fakes::StubWorker;
using ports::Counter;

namespace {

Task<void> answer_plainly(ports::ResponseWriter& response, int status) {
  (void)co_await ports::respond(response, status, {{"content-type", "text/plain"}},
                                to_bytes("the proxy's own words"));
}
StubProxy::Relay refusing(int status) {
  return [status](StubProxy&, ports::HttpRequest, ports::ResponseWriter& response) {
    return answer_plainly(response, status);
  };
}

}  // namespace

TEST_CASE("a streamed answer reaches the app byte for byte, with its receipt kept") {
  ReadyScene scene;
  const auto answer = post(scene, kChat);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 200);
  CHECK_EQ(answer->header("content-type"), "text/event-stream");
  CHECK_EQ(answer->text(), joined(scene.plan));
  CHECK_EQ(answer->header("x-cocoon-kid"), scene.worker.kid().hex());

  const std::string id(answer->header("x-cocoon-receipt"));
  const fakes::WholeAnswer receipt = get(scene, "/v1/receipts/" + id);
  CHECK_EQ(receipt.status, 200);
  const auto verified =
      provenance::verify_receipt(receipt.body, scene.worker.identity.public_key());
  REQUIRE(verified.has_value());
  CHECK_EQ(verified->request_id.hex(), id);
  CHECK_EQ(scene.metrics.count(Counter::kRequestsOk), 1);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kRequestsInFlight), 0);
  CHECK(scene.world.sim.crashes().empty());
}

TEST_CASE("an answer in one piece reaches the app with its length and its receipt kept") {
  ReadyScene scene;
  scene.answer_with(plan_of(fakes::chat_whole("Paris.")));
  const auto answer = post(scene, kChatWhole);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 200);
  CHECK_EQ(answer->header("content-type"), "application/json");
  CHECK_EQ(answer->text(), joined(scene.plan));
  CHECK_EQ(answer->header("content-length"), std::to_string(answer->body.size()));
  CHECK_EQ(get(scene, "/v1/receipts/" + std::string(answer->header("x-cocoon-receipt"))).status,
           200);
}

TEST_CASE("a receipt that cannot be read just now is not said to be none") {
  ReadyScene scene;
  const auto answer = post(scene, kChat);
  const std::string path = "/v1/receipts/" + std::string(answer.value().header("x-cocoon-receipt"));
  scene.receipts.set_disk(fakes::MemoryReceiptStore::Disk::kUnreadable);
  CHECK_EQ(get(scene, path).status, 500);
  CHECK_EQ(scene.world.log.count("client.receipt_unreadable"), 1);
  scene.receipts.set_disk(fakes::MemoryReceiptStore::Disk::kHealthy);
  CHECK_EQ(get(scene, path).status, 200);
}

TEST_CASE("an engine's refusal reaches the app as the engine wrote it") {
  ReadyScene scene;
  scene.answer_with(plan_of(fakes::engine_error(400, "the context is full")));
  const auto answer = post(scene, kChat);
  CHECK_EQ(answer.value().status, 400);
  CHECK_EQ(answer->text(), joined(scene.plan));
}

TEST_CASE("every API path is sealed with the body that the app wrote") {
  ReadyScene scene;
  scene.answer_with(plan_of(fakes::chat_whole("x")));
  const std::string body = R"({ "model":"test-model", "input":["a"],  "unknown": 1e3 })";
  CHECK_EQ(post(scene, body, app_fields(), "/v1/embeddings?beta=1").value().status, 200);
  CHECK_EQ(post(scene, body, app_fields(), "/v1/responses").value().status, 200);
  REQUIRE_EQ(scene.asked.size(), 2);
  CHECK_EQ(scene.asked[0].path, "/v1/embeddings");
  CHECK_EQ(scene.asked[0].body, body);
  CHECK_EQ(scene.asked[1].path, "/v1/responses");
}

TEST_CASE("the seal bounds output, price and time as the settings say") {
  EndpointSettings settings;
  settings.exchange.output_tokens_default = 77;
  settings.exchange.output_tokens_max = 500;
  settings.exchange.validity_s = 60;
  ReadyScene scene({.endpoint = settings});
  CHECK(post(scene, kChat).has_value());
  CHECK(post(scene, R"({"model":"test-model","messages":[],"max_tokens":5,"n":3,"stream":true})")
            .has_value());
  CHECK(
      post(scene,
           R"({"model":"test-model","messages":[],"max_completion_tokens":9999999,"stream":true})")
          .has_value());
  REQUIRE_EQ(scene.asked.size(), 3);
  CHECK_EQ(scene.asked[0].header.max_output_tokens, 77);
  CHECK_EQ(scene.asked[1].header.max_output_tokens, 15);
  CHECK_EQ(scene.asked[2].header.max_output_tokens, 500);
  CHECK(scene.asked[0].header.max_price == NanoTon());
  CHECK(scene.asked[0].header.model_hash == scene.world.model);
  CHECK_EQ(scene.asked[0].header.expires.value(), tdxsim::kFixtureNow.value() + 60);
  CHECK(scene.asked[0].header.request_id != scene.asked[1].header.request_id);
}

TEST_CASE("a request is sealed to as many workers as the settings say, each another one") {
  EndpointSettings settings;
  settings.exchange.candidates = 2;
  ClientScene scene({.endpoint = settings});
  StubWorker& one = scene.new_worker("one");
  StubWorker& two = scene.new_worker("two");
  StubWorker& three = scene.new_worker("three");
  StubProxy proxy(scene.world, "proxy", 11'000, {&one, &two, &three});
  scene.world.sim.run(scene.fleet.refresh());
  CHECK_EQ(post(scene, kChat).value().status, 200);
  REQUIRE_EQ(proxy.heads.size(), 1);
  REQUIRE_EQ(proxy.heads[0].recipients.size(), 2);
  CHECK(proxy.heads[0].recipients[0].kid != proxy.heads[0].recipients[1].kid);
}

TEST_CASE("the gate stands before everything") {
  GateSettings gate;
  gate.port = 10'000;
  gate.api_keys.emplace_back(to_bytes("sk-one"));
  ReadyScene scene({.gate = std::move(gate)});
  CHECK_EQ(post(scene, kChat).value().status, 401);
  CHECK_EQ(get(scene, "/v1/models").status, 401);
  ports::HttpFields fields = app_fields();
  fields.push_back({"authorization", "Bearer sk-one"});
  CHECK_EQ(post(scene, kChat, fields).value().status, 200);
  fields.push_back({"origin", "http://evil.example"});
  CHECK_EQ(post(scene, kChat, fields).value().status, 403);
  fields[0].value = "evil.example";
  CHECK_EQ(post(scene, kChat, fields).value().status, 421);
  CHECK_EQ(scene.asked.size(), 1);
  CHECK_EQ(scene.metrics.count(Counter::kRequestsRefused), 4);
}

TEST_CASE("the models are those of the registry") {
  ReadyScene scene;
  const fakes::WholeAnswer list = get(scene, "/v1/models");
  CHECK_EQ(list.status, 200);
  const auto document = codec::parse_json(list.text());
  REQUIRE(document.has_value());
  REQUIRE_EQ(document->find("data")->as_array()->size(), 1);
  CHECK_EQ(*document->find("data")->as_array()->front().find("id")->as_string(), "test-model");
  CHECK_EQ(get(scene, "/v1/models/test-model").status, 200);
  const fakes::WholeAnswer unknown = get(scene, "/v1/models/gpt-9");
  CHECK_EQ(unknown.status, 404);
  CHECK_EQ(error_code(unknown.text()), "model_not_found");
}

TEST_CASE("what is wrong with a request is said in the API's own words, and nothing is sealed") {
  EndpointSettings settings;
  settings.request_bytes_max = 4096;
  ReadyScene scene({.endpoint = settings});
  const auto check = [&](std::string_view body, int status, std::string_view code) {
    const auto answer = post(scene, body);
    REQUIRE(answer.has_value());
    CHECK_EQ(answer->status, status);
    CHECK_EQ(answer->header("content-type"), "application/json");
    CHECK_EQ(error_code(answer->text()), code);
  };
  check(R"({"model":"gpt-9","messages":[]})", 404, "model_not_found");
  check(R"({"model":"test-model",)", 400, "invalid_json");
  check(R"({"model":"test-model"} {})", 400, "invalid_json");
  check("[]", 400, "invalid_json");
  check("", 400, "invalid_json");
  check(std::string(5000, ' '), 413, "request_too_large");
  CHECK_EQ(post(scene, R"({"messages":[]})").value().status, 400);
  CHECK_EQ(
      post(scene, kChat, {{"host", "localhost"}, {"content-type", "text/plain"}}).value().status,
      415);
  CHECK_EQ(post(scene, kChat, {{"host", "localhost"}, {"content-type", "application/jsonp"}})
               .value()
               .status,
           415);
  CHECK_EQ(post(scene, kChat, {{"host", "localhost"}}).value().status, 415);
  CHECK_EQ(post(scene, kChat,
                {{"host", "localhost"}, {"content-type", "application/json; charset=utf-8"}})
               .value()
               .status,
           200);
  CHECK_EQ(post(scene, kChat, app_fields(), "/v1/other").value().status, 404);
  CHECK_EQ(get(scene, "/v1/chat/completions").status, 405);
  CHECK_EQ(get(scene, "/v1/receipts/00").status, 404);
  CHECK_EQ(get(scene, "/v1/receipts/" + RequestId().hex()).status, 404);
  CHECK_EQ(scene.asked.size(), 1);
}

TEST_CASE("without a worker that may be trusted the app hears 503") {
  ReadyScene scene;
  scene.world.registry.change([](registry::Snapshot& snapshot) { snapshot.policy.images.clear(); });
  const auto answer = post(scene, kChat);
  CHECK_EQ(answer.value().status, 503);
  CHECK_EQ(error_code(answer->text()), "service_unavailable");
  CHECK_EQ(scene.proxy.relays, 0);
}

TEST_CASE("without a registry the app hears 503 and why") {
  ReadyScene scene;
  scene.world.registry.lose(Error(ports::HttpError::kProtocol, "the registry is too old"));
  const auto answer = post(scene, kChat);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 503);
  CHECK(answer->text().contains("the registry is too old"));
  CHECK_EQ(get(scene, "/v1/models").status, 503);
  scene.world.registry.lose(std::nullopt);
  CHECK_EQ(post(scene, kChat).value().status, 200);
}

TEST_CASE("a proxy's refusal becomes the API's own, without the proxy's words") {
  ReadyScene scene;
  const std::vector<std::pair<int, int>> cases = {{429, 429}, {503, 503}, {402, 402}, {413, 413},
                                                  {408, 504}, {504, 504}, {400, 502}, {418, 502}};
  for (const auto& [from, to] : cases) {
    CAPTURE(from);
    scene.proxy.relay = refusing(from);
    const auto answer = post(scene, kChat);
    CHECK_EQ(answer.value().status, to);
    CHECK_FALSE(error_code(answer->text()).empty());
    CHECK(answer->text().find("own words") == std::string_view::npos);
    CHECK_EQ(answer->header("retry-after"), to == 429 ? "1" : "");
  }
}

TEST_CASE("of two proxies one that is dead, busy or useless costs the app nothing") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("worker");
  StubProxy first(scene.world, "first", 11'000, {&worker});
  StubProxy second(scene.world, "second", 11'001, {&worker});
  scene.world.sim.run(scene.fleet.refresh());
  SUBCASE("dead") { scene.world.network.unplug(first.place); }
  SUBCASE("busy") { first.relay = refusing(429); }
  SUBCASE("useless") { first.relay = refusing(200); }
  SUBCASE("resets") {
    first.relay = [](StubProxy&, ports::HttpRequest, ports::ResponseWriter&) -> Task<void> {
      co_return;
    };
  }
  for (int i = 0; i < 8; ++i) {
    const auto answer = post(scene, kChat);
    CHECK_EQ(answer.value().status, 200);
    CHECK_EQ(answer->text(), joined(scene.plan));
  }
  CHECK_EQ(second.relays, 8);
  CHECK_EQ(scene.asked.size(), 8);
}

TEST_CASE("a request that one proxy swallowed goes to the next under another id") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("worker");
  StubProxy first(scene.world, "first", 11'000, {&worker});
  StubProxy second(scene.world, "second", 11'001, {&worker});
  scene.world.sim.run(scene.fleet.refresh());
  std::vector<RequestId> ids;
  const auto swallow = [](ports::HttpRequest request, ports::ResponseWriter& response,
                          std::vector<RequestId>& seen) -> Task<void> {
    const auto envelope = co_await ports::read_all(*request.body, sealed::kEnvelopeBytesMax);
    const auto parsed = sealed::parse_envelope_head(*envelope, sealed::EnvelopeKind::kRelay);
    seen.push_back(parsed.value().head.header.request_id);
    (void)co_await ports::respond(response, 503, {}, {});
  };
  const auto relay = [&](StubProxy&, ports::HttpRequest request, ports::ResponseWriter& response) {
    return swallow(std::move(request), response, ids);
  };
  first.relay = relay;
  second.relay = relay;
  CHECK_EQ(post(scene, kChat).value().status, 503);
  REQUIRE_EQ(ids.size(), 2);
  CHECK(ids[0] != ids[1]);
}

TEST_CASE("an app that goes away resets the stream to the proxy") {
  ReadyScene scene;
  AnswerPlan slow = plan_of(fakes::chat_stream(std::vector<std::string>(100, "tick")));
  slow.pause = 100ms;
  scene.answer_with(slow);
  SUBCASE("in the middle of a stream") {
    auto response = open(scene, kChat);
    REQUIRE(response.has_value());
    scene.world.sim.advance(1s);
  }
  SUBCASE("before the head") {
    bool hangs = true;
    const auto hang = [](ports::ResponseWriter& writer, bool& flag) -> Task<void> {
      co_await writer.wait_closed();
      flag = false;
    };
    scene.proxy.relay = [&](StubProxy&, ports::HttpRequest, ports::ResponseWriter& writer) {
      return hang(writer, hangs);
    };
    const auto given_up =
        scene.world.sim.run(scene.app.send({.method = "POST",
                                            .path = "/v1/chat/completions",
                                            .headers = app_fields(),
                                            .body = ports::body_of(to_bytes(kChat))},
                                           scene.world.clock().in(1s)));
    CHECK_FALSE(given_up.has_value());
    scene.world.sim.settle();
    CHECK_FALSE(hangs);
  }
  SUBCASE("while a whole answer is collected") {
    slow.content_type = "application/json";
    scene.answer_with(slow);
    const auto given_up =
        scene.world.sim.run(scene.app.send({.method = "POST",
                                            .path = "/v1/chat/completions",
                                            .headers = app_fields(),
                                            .body = ports::body_of(to_bytes(kChatWhole))},
                                           scene.world.clock().in(1s)));
    CHECK_FALSE(given_up.has_value());
  }
  scene.world.sim.advance(200ms);
  CHECK_EQ(scene.app.under_way(), 0);
  CHECK_EQ(scene.endpoint.in_flight(), 0);
  CHECK_EQ(scene.metrics.count(Counter::kRequestsAborted), 1);
  CHECK_EQ(scene.receipts.size(), 0);
}

TEST_CASE("the first piece of a stream reaches the app long before the last") {
  ReadyScene scene;
  AnswerPlan slow = plan_of(fakes::chat_stream({"a", "b", "c", "d"}));
  slow.pause = 1s;
  scene.answer_with(slow);
  const auto begin = scene.world.clock().now();
  auto response = open(scene, kChat);
  REQUIRE(response.has_value());
  const auto first = scene.world.sim.run(response->body->read());
  CHECK_EQ(as_text(first.value()), slow.pieces[0]);
  CHECK(scene.world.clock().now() - begin == 1s);
}

TEST_CASE("nothing of prompt, answer or key is logged, nor is a prompt on the wire in the clear") {
  GateSettings gate;
  gate.api_keys.emplace_back(to_bytes("sk-canary-key"));
  ReadyScene scene({.gate = std::move(gate)});
  scene.answer_with(plan_of(fakes::chat_stream({"canary-answer"})));
  ports::HttpFields fields = app_fields();
  fields.push_back({"authorization", "Bearer sk-canary-key"});
  CHECK_EQ(
      post(
          scene,
          R"({"model":"test-model","messages":[{"role":"user","content":"canary-prompt"}],"stream":true})",
          fields)
          .value()
          .status,
      200);
  CHECK_EQ(post(scene, R"({"model":"canary-model","messages":[]})", fields).value().status, 404);
  CHECK_EQ(scene.world.log.count("canary"), 0);
  const Bytes seen = scene.world.network.seen();
  CHECK(as_text(seen).find("canary") == std::string_view::npos);
  CHECK(as_text(scene.app.seen()).find("canary-answer") != std::string_view::npos);
}
