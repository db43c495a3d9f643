#include "openai/stream_meter.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

namespace cocoon::openai {
namespace {

std::string read(const std::string& name) {
  std::ifstream file("tests/data/openai/" + name, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

using Text = std::map<std::tuple<std::uint32_t, std::uint32_t, AnswerField>, std::string>;

// Gathers the segments per choice, part and field.
SegmentSink gather(Text& into) {
  return [&into](const Segment& segment) {
    into[{segment.choice, segment.part, segment.field}] += segment.text;
  };
}

struct Metered {
  std::string out;
  Text text;
  AnswerTotals totals;
};

Metered meter(Endpoint endpoint, UsageChunk usage_chunk, std::string_view stream,
              std::size_t cut = 0) {
  Metered metered;
  StreamMeter meter(endpoint, usage_chunk, gather(metered.text));
  for (const std::string_view piece : {stream.substr(0, cut), stream.substr(cut)}) {
    const Result<Bytes> out = meter.feed(as_bytes(piece));
    REQUIRE(out.has_value());
    metered.out += as_text(*out);
  }
  metered.out += as_text(meter.finish());
  metered.totals = meter.totals();
  return metered;
}

bool same(const AnswerTotals& a, const AnswerTotals& b) {
  return a.usage == b.usage && a.usage_source == b.usage_source && a.text_chunks == b.text_chunks &&
         a.finish_reason == b.finish_reason && a.end == b.end && a.failure == b.failure;
}

constexpr auto kChat = Endpoint::kChatCompletions;
constexpr auto kContent = AnswerField::kContent;

struct Recording {
  const char* name;
  Endpoint endpoint;
};
constexpr Recording kRecordings[] = {
    {"llama_chat.sse", kChat},
    {"llama_completions.sse", Endpoint::kCompletions},
    {"llama_responses.sse", Endpoint::kResponses},
    {"vllm_chat_two_choices.sse", kChat},
    {"vllm_chat_tools.sse", kChat},
    {"openai_chat_refusal.sse", kChat},
    {"openai_responses.sse", Endpoint::kResponses},
    {"sglang_chat.sse", kChat},
    {"engine_error.sse", kChat},
    {"llama_recorded_chat_n2.sse", kChat},
    {"llama_recorded_completions_batch.sse", Endpoint::kCompletions},
    {"llama_recorded_responses.sse", Endpoint::kResponses},
};

TEST_CASE("forwarding changes no byte, even of a stream that comes byte by byte") {
  for (const Recording& recording : kRecordings) {
    CAPTURE(recording.name);
    const std::string stream = read(recording.name);
    CHECK(meter(recording.endpoint, UsageChunk::kForward, stream).out == stream);
    StreamMeter meter(recording.endpoint, UsageChunk::kForward);
    std::string out;
    for (const char& byte : stream) {
      const Result<Bytes> some = meter.feed(as_bytes(std::string_view(&byte, 1)));
      REQUIRE(some.has_value());
      out += as_text(*some);
    }
    out += as_text(meter.finish());
    CHECK(out == stream);
  }
}

TEST_CASE("withholding leaves out the usage chunk alone, wherever the stream is cut") {
  for (const Recording& recording : kRecordings) {
    CAPTURE(recording.name);
    const std::string stream = read(recording.name);
    // The events that have an empty list of choices.
    std::string expected = stream;
    for (std::size_t at = 0; (at = expected.find("\"choices\":[],")) != std::string::npos;) {
      const std::size_t from = expected.rfind("data: ", at);
      expected.erase(from, expected.find("data: ", at) - from);
    }
    const Metered whole = meter(recording.endpoint, UsageChunk::kWithhold, stream);
    CHECK(whole.out == expected);
    CHECK(same(whole.totals, meter(recording.endpoint, UsageChunk::kForward, stream).totals));
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
      const Metered pieces = meter(recording.endpoint, UsageChunk::kWithhold, stream, cut);
      REQUIRE(pieces.out == expected);
      REQUIRE(pieces.text == whole.text);
      REQUIRE(same(pieces.totals, whole.totals));
    }
    // The app's end commits to the same text as the worker did.
    CHECK(meter(recording.endpoint, UsageChunk::kForward, whole.out).text == whole.text);
  }
}

TEST_CASE("llama-server's chat stream is metered") {
  Metered got = meter(kChat, UsageChunk::kWithhold, read("llama_chat.sse"));
  CHECK(got.text[{0, 0, AnswerField::kReasoning}] == "Let me think.");
  CHECK(got.text[{0, 0, kContent}] == "The capital of France is Paris—“Größe”.");
  CHECK(got.totals.usage == Usage{.input_tokens = 36, .output_tokens = 11});
  CHECK(got.totals.usage_source == UsageSource::kReported);
  CHECK(got.totals.text_chunks == 8);
  CHECK(got.totals.finish_reason == FinishReason::kStop);
  CHECK(got.totals.end == AnswerTotals::End::kDone);
  CHECK_FALSE(got.out.contains("usage"));
}

TEST_CASE("usage in an ordinary chunk is read and stays") {
  const std::string stream = read("llama_completions.sse");
  Metered got = meter(Endpoint::kCompletions, UsageChunk::kWithhold, stream);
  CHECK(got.out == stream);
  CHECK(got.totals.usage == Usage{.input_tokens = 2, .cached_tokens = 1, .output_tokens = 3});
  CHECK(got.totals.finish_reason == FinishReason::kLength);
  CHECK(got.text[{0, 0, kContent}] == "Once upon a time");
}

TEST_CASE("choices of one stream are kept apart, and one that hit the limit decides") {
  Metered got = meter(kChat, UsageChunk::kWithhold, read("vllm_chat_two_choices.sse"));
  CHECK(got.text[{0, 0, kContent}] == "Hi there");
  CHECK(got.text[{1, 0, kContent}] == "Hello you!");
  CHECK(got.totals.finish_reason == FinishReason::kLength);
  CHECK(got.totals.usage == Usage{.input_tokens = 9, .output_tokens = 5});
  CHECK(got.totals.text_chunks == 4);
}

TEST_CASE("tool calls are text too, and reasoning that comes under two names counts once") {
  Metered got = meter(kChat, UsageChunk::kWithhold, read("vllm_chat_tools.sse"));
  CHECK(got.text[{0, 0, AnswerField::kReasoning}] == "hm");
  CHECK(got.text[{0, 0, AnswerField::kToolCallName}] == "get_weather");
  CHECK(got.text[{0, 0, AnswerField::kToolCallArguments}] == R"({"city": "Bergen"})");
  CHECK(got.text[{0, 1, AnswerField::kToolCallName}] == "get_time");
  CHECK(got.text[{0, 1, AnswerField::kToolCallArguments}] == "{}");
  CHECK(got.totals.finish_reason == FinishReason::kToolCalls);
  CHECK(
      got.totals.usage ==
      Usage{.input_tokens = 120, .cached_tokens = 64, .output_tokens = 40, .reasoning_tokens = 7});
}

TEST_CASE("llama-server's usage of each choice adds up, the shared input counts once") {
  const std::string stream = read("llama_recorded_chat_n2.sse");
  Metered got = meter(kChat, UsageChunk::kWithhold, stream);
  CHECK(got.totals.usage == Usage{.input_tokens = 36, .output_tokens = 12});
  CHECK_FALSE(got.out.contains("\"usage\""));
  CHECK(got.text[{0, 0, kContent}] == "The capital of France is Paris");
  CHECK(got.text[{1, 0, kContent}] == got.text[{0, 0, kContent}]);
  const std::string batch = read("llama_recorded_completions_batch.sse");
  CHECK(meter(Endpoint::kCompletions, UsageChunk::kWithhold, batch).totals.usage.output_tokens ==
        20);
}

TEST_CASE("a usage of the whole answer replaces those of its choices") {
  const std::string each =
      "data: {\"choices\":[{\"index\":0,\"text\":\"a\"}],\"usage\":"
      "{\"prompt_tokens\":4,\"completion_tokens\":1}}\n\n";
  const std::string later =
      "data: {\"choices\":[{\"index\":0,\"text\":\"b\"}],\"usage\":"
      "{\"prompt_tokens\":4,\"completion_tokens\":2}}\n\n";
  const std::string all =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n";
  const auto usage = [](const std::string& stream) {
    return meter(Endpoint::kCompletions, UsageChunk::kForward, stream).totals.usage;
  };
  CHECK(usage(each + later) == Usage{.input_tokens = 4, .output_tokens = 2});
  CHECK(usage(each + later + all) == Usage{.input_tokens = 4, .output_tokens = 3});
}

TEST_CASE("a recorded response of llama-server is metered") {
  Metered got =
      meter(Endpoint::kResponses, UsageChunk::kForward, read("llama_recorded_responses.sse"));
  CHECK(got.text[{0, 0, kContent}] == "The capital of France is Paris");
  CHECK(got.totals.usage == Usage{.input_tokens = 36, .output_tokens = 6});
  CHECK(got.totals.end == AnswerTotals::End::kDone);
}

TEST_CASE("a refusal is text, and a null usage is no usage") {
  Metered got = meter(kChat, UsageChunk::kWithhold, read("openai_chat_refusal.sse"));
  CHECK(got.text[{0, 0, AnswerField::kRefusal}] == "I'm sorry, I can't.");
  CHECK(got.totals.usage == Usage{.input_tokens = 19, .output_tokens = 10});
}

TEST_CASE("reasoning tokens are read where SGLang puts them") {
  Metered got = meter(kChat, UsageChunk::kWithhold, read("sglang_chat.sse"));
  CHECK(got.totals.usage == Usage{.input_tokens = 12, .output_tokens = 8, .reasoning_tokens = 6});
}

TEST_CASE("a stream that breaks is open, failed and counted by its chunks") {
  Metered got = meter(kChat, UsageChunk::kWithhold, read("engine_error.sse"));
  CHECK(got.totals.end == AnswerTotals::End::kOpen);
  CHECK(got.totals.failure == AnswerTotals::Failure::kEngineError);
  CHECK(got.totals.usage_source == UsageSource::kCounted);
  CHECK(got.totals.usage == Usage{.output_tokens = 2});
}

TEST_CASE("a response's stream and its body give the same text and usage") {
  Metered stream = meter(Endpoint::kResponses, UsageChunk::kWithhold, read("llama_responses.sse"));
  CHECK(stream.text[{0, 0, AnswerField::kReasoning}] == "Weather needs a tool.");
  CHECK(stream.text[{0, 1, kContent}] == "One moment.");
  CHECK(stream.text[{0, 2, AnswerField::kToolCallName}] == "get_weather");
  CHECK(stream.text[{0, 2, AnswerField::kToolCallArguments}] == R"({"city":"Oslo"})");
  Text text;
  const auto whole =
      meter_body(Endpoint::kResponses, as_bytes(read("llama_responses.json")), gather(text));
  REQUIRE(whole.has_value());
  CHECK(text == stream.text);
  CHECK(whole->usage == stream.totals.usage);
  CHECK(whole->usage == Usage{.input_tokens = 50, .cached_tokens = 8, .output_tokens = 21});
  CHECK(whole->finish_reason == FinishReason::kStop);
}

TEST_CASE("a response that hit its limit says so") {
  const Metered got =
      meter(Endpoint::kResponses, UsageChunk::kForward, read("openai_responses.sse"));
  CHECK(got.totals.finish_reason == FinishReason::kLength);
  CHECK(got.totals.end == AnswerTotals::End::kDone);
  CHECK(got.totals.failure == AnswerTotals::Failure::kNone);
  CHECK(got.totals.usage ==
        Usage{.input_tokens = 37, .cached_tokens = 5, .output_tokens = 11, .reasoning_tokens = 3});
}

TEST_CASE("events that are no JSON pass through untouched") {
  const std::string stream = "data: {\"choices\":[\n\ndata: 7\n\ndata: [\"a\"]\n\nevent: x\n\n";
  Metered got = meter(kChat, UsageChunk::kWithhold, stream);
  CHECK(got.out == stream);
  CHECK(got.text.empty());
}

TEST_CASE("an event over the bound ends the metering") {
  StreamMeter meter(kChat, UsageChunk::kForward, {}, 64);
  const auto out = meter.feed(as_bytes(std::string(65, 'x')));
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().is(OpenaiError::kEventTooLarge));
}

TEST_CASE("a whole chat answer is metered") {
  Text text;
  const auto totals = meter_body(
      kChat,
      as_bytes(R"({"id":"c","choices":[{"index":0,"message":{"role":"assistant",)"
               R"("content":"Pa\u00e9ris","reasoning_content":"r","refusal":null,"tool_calls":)"
               R"([{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},)"
               R"({"id":"b","type":"custom","custom":{"name":"g","input":"in"}}]},)"
               R"("finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,)"
               R"("completion_tokens":7,"total_tokens":12}})"),
      gather(text));
  REQUIRE(totals.has_value());
  CHECK(text[{0, 0, kContent}] == "Paéris");
  CHECK(text[{0, 0, AnswerField::kReasoning}] == "r");
  CHECK(text[{0, 0, AnswerField::kToolCallName}] == "f");
  CHECK(text[{0, 1, AnswerField::kToolCallName}] == "g");
  CHECK(text[{0, 1, AnswerField::kToolCallArguments}] == "in");
  CHECK(text.size() == 6);
  CHECK(totals->usage == Usage{.input_tokens = 5, .output_tokens = 7});
  CHECK(totals->finish_reason == FinishReason::kToolCalls);
  CHECK(totals->end == AnswerTotals::End::kDone);
}

TEST_CASE("embeddings commit to their data as it was written") {
  Text text;
  const auto totals =
      meter_body(Endpoint::kEmbeddings,
                 as_bytes(R"({"object":"list","data":[{"index":0, "embedding":[1e-7,-0.10]}],)"
                          R"("usage":{"prompt_tokens":3,"total_tokens":3}})"),
                 gather(text));
  REQUIRE(totals.has_value());
  CHECK(text[{0, 0, AnswerField::kEmbedding}] == R"([{"index":0,"embedding":[1e-7,-0.10]}])");
  CHECK(totals->usage == Usage{.input_tokens = 3});
  CHECK(totals->usage_source == UsageSource::kReported);
}

TEST_CASE("a body that is no JSON object is refused") {
  for (const std::string_view body : {"", "[]", "<html>", "{\"a\":1}}"}) {
    const auto totals = meter_body(kChat, as_bytes(body));
    REQUIRE_FALSE(totals.has_value());
    CHECK(totals.error().is(OpenaiError::kBadAnswer));
  }
}

TEST_CASE("numbers that make no sense do not enter the usage") {
  const auto usage = [](std::string_view text) {
    return meter_body(kChat, as_bytes("{\"choices\":[],\"usage\":" + std::string(text) + "}"));
  };
  CHECK(usage(R"({"prompt_tokens":-1,"completion_tokens":5})")->usage_source ==
        UsageSource::kCounted);
  CHECK(usage(R"({"prompt_tokens":1.5,"completion_tokens":5})")->usage_source ==
        UsageSource::kCounted);
  CHECK(usage(R"({"prompt_tokens":1})")->usage_source == UsageSource::kCounted);
  const auto excess = usage(
      R"({"prompt_tokens":4,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":9},)"
      R"("completion_tokens_details":{"reasoning_tokens":9}})");
  CHECK(excess->usage ==
        Usage{.input_tokens = 4, .cached_tokens = 4, .output_tokens = 2, .reasoning_tokens = 2});
}

}  // namespace
}  // namespace cocoon::openai
