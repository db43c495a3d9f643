#include "openai/engine_request.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "openai/engine_fields.h"

namespace cocoon::openai {
namespace {

using codec::Json;

constexpr auto kChat = Endpoint::kChatCompletions;

EngineLimits limits_of(std::uint64_t output_tokens) {
  EngineLimits limits;
  limits.output_tokens_max = output_tokens;
  return limits;
}

std::string chat(std::string_view members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" + std::string(members) + "}";
}

// The engine's document for this body.
Json prepared(Endpoint endpoint, std::string_view body, const EngineLimits& limits) {
  const auto request = prepare_for_engine(endpoint, as_bytes(body), limits);
  REQUIRE(request.has_value());
  auto document = codec::parse_json(as_text(request->body));
  REQUIRE(document.has_value());
  return *std::move(document);
}

std::string written(const Json& document, std::string_view key) {
  const Json* value = document.find(key);
  return value == nullptr ? "absent" : codec::write_json(*value);
}

std::string chat_field(std::string_view members, std::string_view key,
                       std::uint64_t output_tokens = 100) {
  return written(prepared(kChat, chat(members), limits_of(output_tokens)), key);
}

TEST_CASE("every field of the OpenAI API reaches the engine as it was written") {
  const std::string fields =
      R"("audio":{"format":"wav","voice":"alloy"},"frequency_penalty":1e-7,"function_call":"auto",)"
      R"("functions":[{"name":"f"}],"logit_bias":{"50256":-100.0},"logprobs":true,)"
      R"("max_completion_tokens":7,"metadata":{"k":"https://x"},"modalities":["text"],"n":2,)"
      R"("parallel_tool_calls":false,"prediction":{"type":"content","content":"c"},)"
      R"("presence_penalty":-0.50,"prompt_cache_key":"p","reasoning_effort":"low",)"
      R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object",)"
      R"("properties":{"image_url":{"type":"string","description":"see https://x"}}}}},)"
      R"("safety_identifier":"s","seed":12345678901234567890123,"service_tier":"auto",)"
      R"("stop":["\u00fc","\n"],"temperature":0.10,"tool_choice":{"type":"function","function":{"name":"f"}},)"
      R"("tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"file":{"type":"string","default":"http://x"}}}}}],)"
      R"("top_logprobs":5,"top_p":1E0,"user":"u","verbosity":"low","web_search_options":{},)"
      R"("top_k":40,"min_p":0.05,"grammar":"root ::= \"a\"","guided_choice":["a"],"unknown_field":[1,{"a":null}])";
  const Json engine = prepared(kChat, chat("," + fields), limits_of(1000));
  const auto original = codec::parse_json("{" + fields + "}");
  REQUIRE(original.has_value());
  for (const auto& [name, value] : *original->as_object()) {
    CAPTURE(name);
    REQUIRE(engine.find(name) != nullptr);
    CHECK(*engine.find(name) == value);
  }
  CHECK(written(engine, "seed") == "12345678901234567890123");
  CHECK(written(engine, "frequency_penalty") == "1e-7");
  CHECK(written(engine, "stop") == "[\"ü\",\"\\n\"]");
  CHECK(written(engine, "messages") == R"([{"role":"user","content":"hi"}])");
}

TEST_CASE("fields that steer the engine's insides are removed or forced") {
  for (const EngineField& field : engine_fields()) {
    CAPTURE(field.name);
    const std::string name =
        std::string(field.name) + (field.match == FieldMatch::kPrefix ? "x" : "");
    const auto request =
        prepare_for_engine(kChat, as_bytes(chat(",\"" + name + "\":1")), limits_of(100));
    if (field.rule == FieldRule::kRefuse) {
      REQUIRE_FALSE(request.has_value());
      CHECK(request.error().status == 400);
      CHECK(request.error().param == name);
      CHECK(prepare_for_engine(kChat, as_bytes(chat(",\"" + name + "\":null")), limits_of(100))
                .has_value());
      continue;
    }
    REQUIRE(request.has_value());
    const auto document = codec::parse_json(as_text(request->body));
    CHECK(written(*document, name) == (field.rule == FieldRule::kRemove ? "absent" : "false"));
  }
}

TEST_CASE("the page for operators shows every field of the table") {
  std::ifstream file("docs/engine-boundary.md");
  REQUIRE(file.good());
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  for (const EngineField& field : engine_fields()) {
    CAPTURE(field.name);
    const bool is_prefix = field.match == FieldMatch::kPrefix;
    CHECK(page.contains("`" + std::string(field.name) + (is_prefix ? "*`" : "`")));
  }
}

TEST_CASE("caches across requests are off whether or not the app says so") {
  CHECK(chat_field("", "cache_prompt") == "false");
  CHECK(chat_field(R"(,"cache_prompt":true)", "cache_prompt") == "false");
  CHECK(chat_field(R"(,"id_slot":0,"cache_salt":"s")", "cache_salt") == "absent");
}

TEST_CASE("the output bound is inserted, kept or lowered") {
  CHECK(chat_field("", "max_tokens") == "100");
  CHECK(chat_field(R"(,"max_tokens":null)", "max_tokens") == "100");
  CHECK(chat_field(R"(,"max_tokens":-1)", "max_tokens") == "100");
  CHECK(chat_field(R"(,"max_tokens":100)", "max_tokens") == "100");
  CHECK(chat_field(R"(,"max_tokens":5)", "max_tokens") == "5");
  CHECK(chat_field(R"(,"max_tokens":101)", "max_tokens") == "100");
  CHECK(chat_field(R"(,"max_completion_tokens":101)", "max_completion_tokens") == "100");
  CHECK(chat_field(R"(,"max_completion_tokens":101)", "max_tokens") == "absent");
  CHECK(chat_field(R"(,"max_completion_tokens":null)", "max_completion_tokens") == "100");
  // Whichever an engine takes first, it finds the smaller.
  const std::string_view both = R"(,"max_completion_tokens":9,"max_tokens":50)";
  CHECK(chat_field(both, "max_completion_tokens") == "9");
  CHECK(chat_field(both, "max_tokens") == "9");
  CHECK(chat_field(R"(,"n_predict":7)", "max_tokens") == "7");
  CHECK(chat_field(R"(,"n_predict":-1)", "max_tokens") == "100");
  const std::string huge = R"(,"max_tokens":99999999999999999999)";
  CHECK_FALSE(prepare_for_engine(kChat, as_bytes(chat(huge)), limits_of(100)).has_value());
}

TEST_CASE("the output bound holds over all choices") {
  CHECK(chat_field(R"(,"n":3)", "max_tokens") == "33");
  CHECK(chat_field(R"(,"n":3,"max_tokens":20)", "max_tokens") == "20");
  CHECK(chat_field(R"(,"n":2,"best_of":10)", "max_tokens") == "10");
  const Json batch =
      prepared(Endpoint::kCompletions, R"({"model":"m","prompt":["a","b"],"n":5})", limits_of(100));
  CHECK(written(batch, "max_tokens") == "10");
  const auto refused = prepare_for_engine(kChat, as_bytes(chat(R"(,"n":8)")), limits_of(7));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().status == 400);
  CHECK_FALSE(prepare_for_engine(kChat, as_bytes(chat("")), limits_of(0)).has_value());
}

TEST_CASE("each endpoint's own name of the bound is set") {
  const EngineLimits limits = limits_of(100);
  const Json response = prepared(
      Endpoint::kResponses, R"({"model":"m","input":"x","max_completion_tokens":200})", limits);
  CHECK(written(response, "max_output_tokens") == "100");
  CHECK(written(response, "max_completion_tokens") == "100");
  const Json completion = prepared(
      Endpoint::kCompletions, R"({"model":"m","prompt":"x","max_completion_tokens":4})", limits);
  CHECK(written(completion, "max_tokens") == "4");
  const Json embedding = prepared(Endpoint::kEmbeddings, R"({"model":"m","input":"x"})", limits);
  CHECK(codec::write_json(embedding) == R"({"model":"m","input":"x"})");
}

TEST_CASE("neither context nor the engine's number range is exceeded") {
  EngineLimits limits = limits_of(std::uint64_t{1} << 40U);
  CHECK(written(prepared(kChat, chat(""), limits), "max_tokens") == "2147483647");
  limits.context_tokens = 8192;
  CHECK(written(prepared(kChat, chat(R"(,"n":2)"), limits), "max_tokens") == "8192");
}

TEST_CASE("a stream asks for its usage and remembers whether the app did") {
  const auto prepare = [](std::string_view members) {
    const auto request = prepare_for_engine(kChat, as_bytes(chat(members)), limits_of(100));
    REQUIRE(request.has_value());
    const auto document = codec::parse_json(as_text(request->body));
    return std::pair(request->usage_chunk, written(*document, "stream_options"));
  };
  using Pair = std::pair<UsageChunk, std::string>;
  const std::string asks = R"({"include_usage":true})";
  CHECK(prepare("") == Pair(UsageChunk::kForward, "absent"));
  CHECK(prepare(R"(,"stream":true)") == Pair(UsageChunk::kWithhold, asks));
  CHECK(prepare(R"(,"stream":true,"stream_options":null)") == Pair(UsageChunk::kWithhold, asks));
  CHECK(prepare(R"(,"stream":true,"stream_options":{"include_usage":false})").first ==
        UsageChunk::kWithhold);
}

TEST_CASE("stream options of the app are kept beside ours") {
  const auto options = [](std::string_view text) {
    return chat_field(R"(,"stream":true,"stream_options":)" + std::string(text), "stream_options");
  };
  CHECK(options(R"({"include_obfuscation":false,"include_usage":true})") ==
        R"({"include_obfuscation":false,"include_usage":true})");
  CHECK(options(R"({"include_usage":true,"continuous_usage_stats":true})") ==
        R"({"include_usage":true,"continuous_usage_stats":true})");
  CHECK(options(R"({"continuous_usage_stats":true})") == R"({"include_usage":true})");
  const Json response =
      prepared(Endpoint::kResponses, R"({"model":"m","input":"x","stream":true})", limits_of(9));
  CHECK(written(response, "stream_options") == "absent");
}

TEST_CASE("the engine is asked for its own model, whatever adapter the name hints at") {
  EngineLimits limits = limits_of(10);
  limits.model = "engine-name";
  const auto request =
      prepare_for_engine(kChat, as_bytes(R"({"model":"base:adapter","messages":[]})"), limits);
  REQUIRE(request.has_value());
  CHECK(written(*codec::parse_json(as_text(request->body)), "model") == R"("engine-name")");
  CHECK(request->original.facts.model == "base:adapter");
  CHECK(written(request->original.document, "model") == R"("base:adapter")");
}

TEST_CASE("nothing of a conversation is stored in the engine") {
  const auto refused = [](std::string_view members) {
    const auto request = prepare_for_engine(
        Endpoint::kResponses, as_bytes(R"({"model":"m","input":"x",)" + std::string(members) + "}"),
        limits_of(10));
    return !request.has_value() && request.error().status == 400;
  };
  CHECK(refused(R"("previous_response_id":"resp_1")"));
  CHECK(refused(R"("conversation":{"id":"c"})"));
  CHECK(refused(R"("background":true)"));
  CHECK(refused(R"("prompt":{"id":"pmpt_1"})"));
  CHECK_FALSE(refused(R"("previous_response_id":null,"background":false,"prompt":null)"));
  const Json stored =
      prepared(Endpoint::kResponses, R"({"model":"m","input":"x","store":true})", limits_of(10));
  CHECK(written(stored, "store") == "false");
  const Json unsaid = prepared(Endpoint::kResponses, R"({"model":"m","input":"x"})", limits_of(10));
  CHECK(written(unsaid, "store") == "false");
}

TEST_CASE("template programs are refused, template arguments pass") {
  CHECK(chat_field(R"(,"chat_template_kwargs":{"enable_thinking":false})",
                   "chat_template_kwargs") == R"({"enable_thinking":false})");
  for (const std::string_view members :
       {R"(,"chat_template":"{{ x }}")", R"(,"chat_template_kwargs":{"chat_template":"x"})",
        R"(,"chat_template_kwargs":{"tokenize":true})"}) {
    CHECK_FALSE(prepare_for_engine(kChat, as_bytes(chat(members)), limits_of(10)).has_value());
  }
}

}  // namespace
}  // namespace cocoon::openai
