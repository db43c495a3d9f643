#include "openai/request.h"

#include <doctest/doctest.h>

#include <limits>

namespace cocoon::openai {
namespace {

constexpr auto kChat = Endpoint::kChatCompletions;

ApiResult<RequestFacts> inspect(Endpoint endpoint, std::string_view body) {
  return inspect_request(endpoint, as_bytes(body));
}

// A chat request with these members more.
ApiResult<RequestFacts> inspect_chat(std::string_view members) {
  return inspect(kChat, R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
                            std::string(members) + "}");
}

TEST_CASE("a plain request asks for one whole answer without a bound") {
  const auto facts = inspect_chat("");
  REQUIRE(facts.has_value());
  CHECK(facts->model == "m");
  CHECK(facts->form == AnswerForm::kWhole);
  CHECK(facts->usage == UsageWish::kNotAsked);
  CHECK_FALSE(facts->output_tokens_each.has_value());
  CHECK_FALSE(facts->output_tokens_all().has_value());
  CHECK(facts->choices == 1);
}

TEST_CASE("null means absent") {
  const auto facts = inspect_chat(
      R"(,"stream":null,"stream_options":null,"n":null,"max_tokens":null,"best_of":null)");
  REQUIRE(facts.has_value());
  CHECK(facts->form == AnswerForm::kWhole);
  CHECK(facts->choices == 1);
  CHECK_FALSE(facts->output_tokens_each.has_value());
}

TEST_CASE("stream and include_usage are read") {
  const auto facts = inspect_chat(R"(,"stream":true,"stream_options":{"include_usage":true})");
  REQUIRE(facts.has_value());
  CHECK(facts->form == AnswerForm::kEvents);
  CHECK(facts->usage == UsageWish::kAsked);
  CHECK(inspect_chat(R"(,"stream":true,"stream_options":{"include_usage":false})")->usage ==
        UsageWish::kNotAsked);
}

TEST_CASE("the output bound is the smallest of its names times the choices") {
  const auto facts =
      inspect_chat(R"(,"max_tokens":100,"max_completion_tokens":50,"n":3,"best_of":4)");
  REQUIRE(facts.has_value());
  CHECK(facts->output_tokens_each == 50);
  CHECK(facts->choices == 4);
  CHECK(facts->output_tokens_all() == 200);
  CHECK(inspect_chat(R"(,"max_tokens":-1)")->output_tokens_each == std::nullopt);
  CHECK(inspect_chat(R"(,"max_tokens":-1,"n_predict":5)")->output_tokens_each == 5);
  CHECK(inspect(Endpoint::kResponses, R"({"model":"m","input":"x","max_output_tokens":9})")
            ->output_tokens_each == 9);
}

TEST_CASE("a bound near the largest number saturates") {
  const auto facts = inspect_chat(R"(,"max_tokens":18446744073709551615,"n":2)");
  REQUIRE(facts.has_value());
  CHECK(facts->output_tokens_all() == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("each prompt of a list is a choice, and a list of tokens is one prompt") {
  const auto choices = [](std::string_view prompt) {
    return inspect(Endpoint::kCompletions,
                   R"({"model":"m","n":2,"prompt":)" + std::string(prompt) + "}")
        ->choices;
  };
  CHECK(choices(R"("a")") == 2);
  CHECK(choices(R"(["a","b","c"])") == 6);
  CHECK(choices("[1,2,3,4]") == 2);
  CHECK(choices("[[1,2],[3]]") == 4);
  CHECK(choices(R"([12,"mixed",34])") == 2);
  CHECK(choices("[]") == 2);
}

TEST_CASE("embeddings have no output to bound and no stream") {
  const auto facts = inspect(Endpoint::kEmbeddings, R"({"model":"m","input":["a","b"]})");
  REQUIRE(facts.has_value());
  CHECK(facts->choices == 0);
  const auto streamed =
      inspect(Endpoint::kEmbeddings, R"({"model":"m","input":"a","stream":true})");
  CHECK(streamed.error().param == "stream");
}

TEST_CASE("malformed JSON is a 400 that says what and where") {
  for (const std::string_view body :
       {"", "{", "{\"model\":\"m\",}", "[]", "\"x\"", "{\"model\":\"m\"} x", "{'model':1}",
        "{\"model\":\"m\",\"model\":\"n\",\"messages\":[]}", "{\"model\":\"\xff\"}", "null"}) {
    CAPTURE(body);
    const auto facts = inspect(kChat, body);
    REQUIRE_FALSE(facts.has_value());
    CHECK(facts.error().status == 400);
    CHECK(facts.error().type == "invalid_request_error");
    CHECK(facts.error().code == "invalid_json");
  }
  CHECK(inspect(kChat, R"({"model":"m",})").error().message.contains("at byte"));
  CHECK(inspect(kChat, R"({"a":1,"a":2})").error().message.contains("repeated key"));
}

TEST_CASE("a field of the wrong type is a 400 that names it") {
  const auto refused = [](std::string_view members, std::string_view param) {
    const auto facts = inspect_chat("," + std::string(members));
    CAPTURE(members);
    REQUIRE_FALSE(facts.has_value());
    CHECK(facts.error().status == 400);
    CHECK(facts.error().param == param);
    CHECK(facts.error().message.contains(param));
  };
  refused(R"("stream":"true")", "stream");
  refused(R"("stream":1)", "stream");
  refused(R"("stream_options":true)", "stream_options");
  refused(R"("stream_options":{"include_usage":"yes"})", "stream_options.include_usage");
  for (const std::string_view bad :
       {"0", "-2", "1.5", "1e2", "\"5\"", "true", "[]", "18446744073709551616"}) {
    refused("\"max_tokens\":" + std::string(bad), "max_tokens");
    refused("\"max_completion_tokens\":" + std::string(bad), "max_completion_tokens");
  }
  for (const std::string_view bad : {"0", "-1", "17", "1.0", "\"2\"", "{}"}) {
    refused("\"n\":" + std::string(bad), "n");
    refused("\"best_of\":" + std::string(bad), "best_of");
  }
}

TEST_CASE("a response is one answer") {
  constexpr auto kResponses = Endpoint::kResponses;
  CHECK(inspect(kResponses, R"({"model":"m","input":"x","n":1})").has_value());
  CHECK(inspect(kResponses, R"({"model":"m","input":"x","n":2})").error().param == "n");
  // A list of input items is one prompt.
  CHECK(inspect(kResponses, R"({"model":"m","input":["a","b"]})")->choices == 1);
}

TEST_CASE("model and prompt are required") {
  const auto param = [](Endpoint endpoint, std::string_view body) {
    const auto facts = inspect(endpoint, body);
    REQUIRE_FALSE(facts.has_value());
    CHECK(facts.error().status == 400);
    return facts.error().param;
  };
  CHECK(param(kChat, R"({"messages":[]})") == "model");
  CHECK(param(kChat, R"({"model":null,"messages":[]})") == "model");
  CHECK(param(kChat, R"({"model":7,"messages":[]})") == "model");
  CHECK(param(kChat, R"({"model":"","messages":[]})") == "model");
  CHECK(param(kChat, R"({"model":")" + std::string(300, 'm') + R"(","messages":[]})") == "model");
  CHECK(param(kChat, R"({"model":"m"})") == "messages");
  CHECK(param(kChat, R"({"model":"m","messages":"hi"})") == "messages");
  CHECK(param(Endpoint::kCompletions, R"({"model":"m"})") == "prompt");
  CHECK(param(Endpoint::kEmbeddings, R"({"model":"m","input":null})") == "input");
  CHECK(param(Endpoint::kResponses, R"({"model":"m"})") == "input");
}

TEST_CASE("limits on bytes and prompts hold at their edge") {
  const std::string body = R"({"model":"m","input":["a","b","c"]})";
  RequestLimits limits;
  limits.body_bytes_max = body.size();
  limits.prompts_max = 3;
  CHECK(inspect_request(Endpoint::kEmbeddings, as_bytes(body), limits).has_value());
  limits.prompts_max = 2;
  CHECK(inspect_request(Endpoint::kEmbeddings, as_bytes(body), limits).error().param == "input");
  limits.body_bytes_max = body.size() - 1;
  CHECK(inspect_request(Endpoint::kEmbeddings, as_bytes(body), limits).error().status == 413);
}

TEST_CASE("prompt and parameters are two halves of the request") {
  const auto request = parse_request(
      kChat, as_bytes(R"({ "seed": 1e-7, "messages": [ "\u00e9" ], "model":"m", "n":1})"));
  REQUIRE(request.has_value());
  CHECK(as_text(prompt_part(kChat, request->document)) == "{\"messages\":[\"\xc3\xa9\"]}");
  CHECK(as_text(params_part(kChat, request->document)) == R"({"seed":1e-7,"model":"m","n":1})");
  // Another endpoint's prompt is a parameter here.
  CHECK(as_text(prompt_part(Endpoint::kCompletions, request->document)) == "{}");
}

}  // namespace
}  // namespace cocoon::openai
