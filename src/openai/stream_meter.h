#pragma once

#include "openai/answer.h"
#include "openai/sse.h"

namespace cocoon::openai {

enum class UsageChunk : std::uint8_t { kForward, kWithhold };

// Stands in an event stream: bytes of the engine in, bytes for the app out, exactly the same except
// for the extra usage chunk of an app that did not ask for it. Bytes come out when their event is
// complete.
class StreamMeter {
 public:
  StreamMeter(Endpoint endpoint, UsageChunk usage_chunk, SegmentSink sink = {},
              std::size_t event_bytes_max = SseParser::kEventBytesMax)
      : parser_(event_bytes_max), reader_(endpoint, std::move(sink)), usage_chunk_(usage_chunk) {}

  [[nodiscard]] Result<Bytes> feed(BytesView bytes);
  // The engine's stream has ended: what was held back of an unfinished event.
  [[nodiscard]] Bytes finish();

  [[nodiscard]] const AnswerTotals& totals() const { return reader_.totals(); }

 private:
  void pass(const SseEvent& event, Bytes& out);

  SseParser parser_;
  AnswerReader reader_;
  UsageChunk usage_chunk_;
};

}  // namespace cocoon::openai
