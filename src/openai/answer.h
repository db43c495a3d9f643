#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "codec/json.h"
#include "openai/endpoint.h"
#include "openai/error.h"

namespace cocoon::openai {

// A piece of an answer's text, as a receipt commits to it. Both ends run the same extraction over
// the same bytes, so they see the same segments in the same order.
enum class AnswerField : std::uint8_t {
  kContent = 1,
  kReasoning = 2,
  kRefusal = 3,
  kToolCallName = 4,
  kToolCallArguments = 5,
  kEmbedding = 6,  // the answer's `data` array, as compact JSON
};
struct Segment {
  std::uint32_t choice = 0;  // index of the choice; 0 for responses and embeddings
  std::uint32_t part = 0;    // index of the tool call, or of a response's output item
  AnswerField field = AnswerField::kContent;
  std::string_view text;  // valid during the call only; never empty
};
using SegmentSink = std::function<void(const Segment&)>;

// Where an engine reports each choice apart, as llama-server does in streams, outputs add up and
// the input, which the choices share, counts once.
struct Usage {
  std::uint64_t input_tokens = 0;
  std::uint64_t cached_tokens = 0;  // of the input
  std::uint64_t output_tokens = 0;
  std::uint64_t reasoning_tokens = 0;  // of the output

  bool operator==(const Usage&) const = default;
};

enum class UsageSource : std::uint8_t {
  kReported,  // the engine said so
  kCounted,   // no word from the engine: output_tokens is the number of chunks with text, a lower
              // bound
};
enum class FinishReason : std::uint8_t {
  kNone,
  kStop,
  kLength,
  kToolCalls,
  kContentFilter,
  kOther
};

struct AnswerTotals {
  Usage usage;
  UsageSource usage_source = UsageSource::kCounted;
  std::uint64_t text_chunks = 0;  // events that brought text; 1 at most for a whole body
  FinishReason finish_reason =
      FinishReason::kNone;  // kLength if any choice ended so, else the last one seen
  enum class End : std::uint8_t {
    kOpen,
    kDone
  } end = End::kOpen;  // [DONE], response.completed or a whole body
  enum class Failure : std::uint8_t {
    kNone,
    kEngineError
  } failure = Failure::kNone;  // an error object came
};

// Reads the documents of one answer: a whole body, or the events of a stream one by one.
class AnswerReader {
 public:
  explicit AnswerReader(Endpoint endpoint, SegmentSink sink = {})
      : endpoint_(endpoint), sink_(std::move(sink)) {}

  void read_body(const codec::Json& body);
  // One event's data. True usage-only chunks are told apart so that they can be withheld.
  enum class EventKind : std::uint8_t { kOrdinary, kUsageOnly };
  EventKind read_event(std::string_view data);

  [[nodiscard]] const AnswerTotals& totals() const { return totals_; }

 private:
  using Json = codec::Json;
  void emit(std::uint32_t choice, std::uint32_t part, AnswerField field, const Json* text);
  void read_usage(const Json& usage, std::optional<std::uint32_t> choice);
  void read_finish(std::string_view reason);
  void read_choices(const Json::Array& choices);
  void read_message(std::uint32_t choice, const Json& message);
  void read_tool_calls(std::uint32_t choice, const Json& message);
  void read_response_event(const Json& event);
  void read_response_end(const Json& response);
  void read_output_item(std::uint32_t part, const Json& item);
  void note_failure(const Json& document);
  void finish_event();

  Endpoint endpoint_;
  SegmentSink sink_;
  AnswerTotals totals_;
  std::optional<Usage> usage_of_all_;  // from usage-only chunks, or a body's
  std::map<std::uint32_t, Usage>
      usage_of_choices_;  // from ordinary chunks: the last of each choice
  std::uint32_t segments_in_event_ = 0;
  std::uint32_t items_started_ = 0;  // output items of a response, where events do not number them
};

// Enough nodes for the vectors of a large batch of embeddings.
inline constexpr std::size_t kBodyNodesMax = 4'000'000;

// Meters a whole JSON answer. kBadAnswer if it is not a JSON object.
[[nodiscard]] Result<AnswerTotals> meter_body(Endpoint endpoint, BytesView body,
                                              SegmentSink sink = {});

}  // namespace cocoon::openai
