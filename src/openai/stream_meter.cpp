#include "openai/stream_meter.h"

namespace cocoon::openai {

void StreamMeter::pass(const SseEvent& event, Bytes& out) {
  if (event.kind != SseEvent::Kind::kComment) {
    const AnswerReader::EventKind kind = reader_.read_event(event.data);
    if (kind == AnswerReader::EventKind::kUsageOnly && usage_chunk_ == UsageChunk::kWithhold) {
      return;
    }
  }
  append(out, as_bytes(event.raw));
}

Result<Bytes> StreamMeter::feed(BytesView bytes) {
  TRY(const std::vector<SseEvent> events, parser_.feed(bytes));
  Bytes out;
  for (const SseEvent& event : events) pass(event, out);
  return out;
}

Bytes StreamMeter::finish() {
  Bytes out;
  for (const SseEvent& event : parser_.finish()) pass(event, out);
  return out;
}

}  // namespace cocoon::openai
