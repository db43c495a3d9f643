#include "roles/worker/answer.h"

#include <doctest/doctest.h>

#include "codec/json.h"
#include "roles/worker/worker_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::worker;
using namespace std::chrono_literals;
using fakes::EngineAnswer;
using provenance::AnswerStatus;

namespace {

void check_receipt(WorkerScene& scene, const Question& question, const Heard& heard,
                   AnswerStatus status) {
  CHECK(heard.ending == Heard::Ending::kWhole);
  REQUIRE(heard.receipt.has_value());
  const provenance::Receipt& receipt = *heard.receipt;
  const auto key = scene.keyring.newest();
  CHECK(receipt.request_id == question.request_id);
  CHECK(receipt.kid == key->kid);
  CHECK(receipt.image_hash == key->image_hash);
  CHECK(receipt.model_hash == scene.world.model);
  CHECK(receipt.status == status);
  CHECK(receipt.price == NanoTon());
  CHECK(receipt.parents == question.asking.parents);
  CHECK(receipt.masterchain_seqno == key->statement.block_seqno);
  const Expected expected = expected_of(question, heard);
  CHECK(receipt.prompt == expected.prompt);
  CHECK(receipt.params == expected.params);
  CHECK(receipt.output == expected.output);

  REQUIRE(heard.bill.has_value());
  CHECK(heard.bill->request_id == question.request_id);
  CHECK(heard.bill->kid == key->kid);
  CHECK(heard.bill->status == status);
  CHECK(heard.bill->price == NanoTon());
  CHECK(heard.bill->buckets == provenance::buckets_of(receipt.tokens));
  CHECK(heard.bill->receipt == provenance::receipt_hash(heard.signed_receipt));
}

// Asks, and checks the receipt against what came.
Heard ask_checked(WorkerScene& scene, Asking asking, AnswerStatus status) {
  Question question = seal(scene, std::move(asking));
  Question sent{.envelope = question.envelope,
                .secret = question.secret.clone(),
                .request_id = question.request_id,
                .asking = question.asking};
  Heard heard = scene.world.sim.run(post(scene, std::move(sent)));
  CHECK_EQ(heard.status, 200);
  check_receipt(scene, question, heard, status);
  return heard;
}

std::string raw_text(const EngineAnswer& answer) {
  std::string all;
  for (const auto& step : answer.steps) all += step.text;
  return all;
}

}  // namespace

TEST_CASE(
    "a streamed answer arrives sealed, byte for byte but for the usage chunk, with a receipt and a "
    "bill") {
  WorkerScene scene;
  const EngineAnswer answer =
      fakes::chat_stream({"Par", "is", "."}, 10ms, "stop", {.input = 300, .output = 3});
  scene.engine.answer_with(answer);
  const ReceiptHash parent(scene.world.random.array<32>());
  const Heard heard = ask_checked(scene, {.parents = {parent}}, AnswerStatus::kOk);

  CHECK_EQ(ports::find_field(heard.headers, "content-type"), wire::kMediaResponse);
  CHECK_EQ(heard.head->status, 200);
  CHECK_EQ(heard.head->content_type, "text/event-stream");
  EngineAnswer without_usage = answer;
  without_usage.steps.erase(without_usage.steps.end() - 2);
  CHECK_EQ(heard.data, raw_text(without_usage));
  CHECK(heard.receipt->tokens ==
        provenance::TokenUsage{
            .input = TokenCount(300), .cached = {}, .output = TokenCount(3), .reasoning = {}});
  CHECK(heard.bill->buckets == provenance::TokenBuckets{.input = 2, .output = 1});
  CHECK_EQ(heard.receipt->ended_at.value() - heard.receipt->started_at.value(), 40);
  CHECK_EQ(scene.metrics.count(ports::Counter::kRequestsOk), 1);
  CHECK_EQ(scene.metrics.count(ports::Counter::kInputTokens), 300);
  CHECK_EQ(scene.metrics.count(ports::Counter::kOutputTokens), 3);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kRequestsInFlight), 0);
}

TEST_CASE("events that the engine sent together travel in one frame, each committed to by itself") {
  WorkerScene scene;
  EngineAnswer apart = fakes::chat_stream({"a", "b", "c", "d"});
  EngineAnswer together = apart;
  for (std::size_t i = 1; i < together.steps.size(); ++i) {
    together.steps[0].text += together.steps[i].text;
  }
  together.steps.resize(1);
  scene.engine.answer_with(apart);
  const Heard one_by_one = ask_checked(scene, {}, AnswerStatus::kOk);
  scene.engine.answer_with(together);
  const Heard at_once = ask_checked(scene, {}, AnswerStatus::kOk);
  CHECK_EQ(at_once.data, one_by_one.data);
  CHECK_EQ(at_once.data_frames, 1);
  CHECK(one_by_one.data_frames > 4);
}

TEST_CASE("an app that asked for the usage chunk gets it") {
  WorkerScene scene;
  const EngineAnswer answer = fakes::chat_stream({"a"});
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(
      scene,
      {.body =
           R"({"model":"test-model","messages":[],"stream":true,"stream_options":{"include_usage":true}})"},
      AnswerStatus::kOk);
  CHECK_EQ(heard.data, raw_text(answer));
}

TEST_CASE("an answer in one piece arrives whole and is committed to as text") {
  WorkerScene scene;
  const EngineAnswer answer = fakes::chat_whole("Paris.");
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(scene, {.body = std::string(kChatWhole)}, AnswerStatus::kOk);
  CHECK_EQ(heard.head->content_type, "application/json");
  CHECK_EQ(heard.data, raw_text(answer));
  CHECK_EQ(heard.receipt->tokens.output.value(), 3);
}

TEST_CASE("every choice of an answer in one piece is metered, whatever its engine reports") {
  WorkerScene scene;
  EngineAnswer answer = fakes::chat_whole("");
  answer.steps[0].text =
      R"({"choices":[{"index":0,"message":{"content":"a b"},"logprobs":{"content":[1,2]}},)"
      R"({"index":1,"message":{"content":"c d e"},"logprobs":{"content":[3,4,5]}}],)"
      R"("usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}})";
  scene.engine.answer_with(answer);
  std::string body = R"({"model":"test-model","messages":[],"n":2)";
  SUBCASE("the app does not see the list that it did not ask for") {
    const Heard heard = ask_checked(scene, {.body = body + "}"}, AnswerStatus::kOk);
    CHECK_EQ(heard.receipt->tokens.output.value(), 5);
    CHECK(heard.data.find("logprobs") == std::string::npos);
    CHECK(scene.engine.calls()[0].body.find(R"("logprobs":true)") != std::string::npos);
  }
  SUBCASE("the app sees the list that it asked for") {
    const Heard heard =
        ask_checked(scene, {.body = body + R"(,"logprobs":true})"}, AnswerStatus::kOk);
    CHECK_EQ(heard.receipt->tokens.output.value(), 5);
    CHECK_EQ(heard.data, answer.steps[0].text);
  }
}

TEST_CASE("an answer cut at its maximum says so in receipt and bill") {
  WorkerScene scene;
  scene.engine.answer_with(fakes::chat_stream({"a", "b"}, 0ms, "length"));
  (void)ask_checked(scene, {}, AnswerStatus::kLimit);
}

TEST_CASE(
    "the engine gets the app's fields, the header's bound and no more than the worker allows") {
  WorkerScene scene({.answers = {.model_hash = {}, .model_name = {}, .output_tokens_max = 50}});
  (void)ask(scene, {.max_output_tokens = 20});
  (void)ask(scene, {.max_output_tokens = 2000});
  REQUIRE_EQ(scene.engine.calls().size(), 2);
  const auto bound = [&](std::size_t call) {
    const auto document = codec::parse_json(scene.engine.calls()[call].body);
    REQUIRE(document.has_value());
    CHECK_EQ(codec::write_json(*document->find("temperature")), "0");
    return codec::write_json(*document->find("max_tokens"));
  };
  CHECK_EQ(scene.engine.calls()[0].path, "/v1/chat/completions");
  CHECK_EQ(bound(0), "20");
  CHECK_EQ(bound(1), "50");
}

TEST_CASE("an engine's error reaches the app with its status, under a receipt that says error") {
  WorkerScene scene;
  const EngineAnswer answer = fakes::engine_error(400, "the context is full");
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(scene, {}, AnswerStatus::kError);
  CHECK_EQ(heard.head->status, 400);
  CHECK_EQ(heard.data, raw_text(answer));
  CHECK_FALSE(heard.failure.has_value());
  CHECK_EQ(scene.metrics.count(ports::Counter::kRequestsFailed), 1);
}

TEST_CASE(
    "a request that would make the engine fetch something never reaches it, and the app hears "
    "why") {
  WorkerScene scene;
  const Heard heard = ask_checked(
      scene,
      {.body =
           R"({"model":"test-model","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://10.0.0.1/x"}}]}]})"},
      AnswerStatus::kError);
  CHECK_EQ(heard.head->status, 400);
  CHECK_EQ(heard.head->content_type, "application/json");
  const auto error = codec::parse_json(heard.data);
  REQUIRE(error.has_value());
  CHECK(error->find("error") != nullptr);
  CHECK(scene.engine.calls().empty());
}

TEST_CASE("a path outside the API and a body that is no request are refused inside the seal") {
  WorkerScene scene;
  const Heard other_path = ask_checked(scene, {.path = "/slots"}, AnswerStatus::kError);
  CHECK_EQ(other_path.head->status, 404);
  const Heard no_json = ask_checked(scene, {.body = "{"}, AnswerStatus::kError);
  CHECK_EQ(no_json.head->status, 400);
  CHECK(scene.engine.calls().empty());
}

TEST_CASE(
    "an engine that dies mid-stream leaves an error frame, a receipt that says error, and an end") {
  WorkerScene scene;
  EngineAnswer answer = fakes::chat_stream({"Par", "is"});
  answer.steps.resize(2);
  answer.end = EngineAnswer::End::kDies;
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(scene, {}, AnswerStatus::kError);
  CHECK_EQ(heard.head->status, 200);
  CHECK_EQ(heard.data, raw_text(answer));
  REQUIRE(heard.failure.has_value());
  CHECK_EQ(heard.failure->status, 502);
}

TEST_CASE(
    "a stream that ends without its end is an error, and an unfinished event is not committed to") {
  WorkerScene scene;
  EngineAnswer answer = fakes::chat_stream({"Par", "is"});
  answer.steps.resize(2);
  std::string& last = answer.steps.back().text;
  last.resize(last.size() - 2);  // a whole document without the blank line behind it
  SUBCASE("the engine ends it in good order") { answer.end = EngineAnswer::End::kOrderly; }
  SUBCASE("the engine dies") { answer.end = EngineAnswer::End::kDies; }
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(scene, {}, AnswerStatus::kError);
  REQUIRE(heard.failure.has_value());
  CHECK_EQ(heard.failure->status, 502);
}

TEST_CASE("an answer in one piece that breaks off is an error") {
  WorkerScene scene;
  EngineAnswer answer = fakes::chat_whole("Paris.");
  answer.end = EngineAnswer::End::kDies;
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(scene, {.body = std::string(kChatWhole)}, AnswerStatus::kError);
  CHECK(heard.failure.has_value());
  CHECK_EQ(heard.data, "");
}

TEST_CASE("an answer in one piece that is no JSON is an error, in whatever order it ended") {
  WorkerScene scene;
  EngineAnswer answer = fakes::chat_whole("Paris.");
  SUBCASE("cut") { answer.steps[0].text.resize(40); }
  SUBCASE("empty") { answer.steps.clear(); }
  scene.engine.answer_with(answer);
  const Heard heard = ask_checked(scene, {.body = std::string(kChatWhole)}, AnswerStatus::kError);
  REQUIRE(heard.failure.has_value());
  CHECK_EQ(heard.failure->status, 502);
}

TEST_CASE("a client that goes away stops the engine after at most one further piece") {
  WorkerScene scene;
  scene.engine.answer_with(fakes::chat_stream(std::vector<std::string>(100, "tick"), 100ms));
  Question question = seal(scene);
  {
    auto response = scene.world.sim.run(
        scene.http.send({.method = "POST",
                         .path = std::string(wire::kPathInfer),
                         .headers = {{"content-type", std::string(wire::kMediaInfer)}},
                         .body = ports::body_of(std::move(question.envelope))},
                        scene.world.clock().in(10s)));
    REQUIRE(response.has_value());
    REQUIRE_EQ(response->status, 200);
    scene.world.sim.advance(1050ms);
    CHECK_EQ(scene.engine.steps_given(), 10);
  }
  scene.world.sim.advance(10s);
  CHECK_EQ(scene.engine.cancelled(), 1);
  CHECK_EQ(scene.engine.under_way(), 0);
  CHECK(scene.engine.steps_given() <= 11);
  CHECK_EQ(scene.metrics.count(ports::Counter::kRequestsAborted), 1);
  CHECK_EQ(scene.http.under_way(), 0);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kRequestsInFlight), 0);
}

TEST_CASE("a client that does not read holds the engine back, and going away frees it") {
  WorkerScene scene({.http = {.window_bytes = 1000}});
  scene.engine.answer_with(fakes::chat_stream(std::vector<std::string>(1000, "tick")));
  Question question = seal(scene);
  {
    auto response = scene.world.sim.run(
        scene.http.send({.method = "POST",
                         .path = std::string(wire::kPathInfer),
                         .headers = {{"content-type", std::string(wire::kMediaInfer)}},
                         .body = ports::body_of(std::move(question.envelope))},
                        scene.world.clock().in(10s)));
    REQUIRE(response.has_value());
    scene.world.sim.advance(1min);
    CHECK(scene.engine.steps_given() < 10);
  }
  scene.world.sim.settle();
  CHECK_EQ(scene.engine.cancelled(), 1);
}

TEST_CASE("a client that goes away while the engine has not begun cancels the call") {
  WorkerScene scene;
  EngineAnswer answer = fakes::chat_stream({"late"});
  answer.head_after = 1h;
  scene.engine.answer_with(answer);
  Question question = seal(scene);
  const auto response = scene.world.sim.run(
      scene.http.send({.method = "POST",
                       .path = std::string(wire::kPathInfer),
                       .headers = {{"content-type", std::string(wire::kMediaInfer)}},
                       .body = ports::body_of(std::move(question.envelope))},
                      scene.world.clock().in(1s)));
  CHECK(response.error().is(async::AsyncError::kTimeout));
  scene.world.sim.settle();
  CHECK_EQ(scene.engine.cancelled(), 1);
  CHECK_EQ(scene.metrics.count(ports::Counter::kRequestsAborted), 1);
}

TEST_CASE("an engine that does not begin in time is answered with 503") {
  WorkerScene scene({.answers = {.model_hash = {}, .model_name = {}, .engine_by = 30s}});
  EngineAnswer answer = fakes::chat_stream({"late"});
  answer.head_after = 1h;
  scene.engine.answer_with(answer);
  const Heard heard = ask(scene);
  CHECK_EQ(heard.status, 503);
}
