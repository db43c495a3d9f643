#include <cstdint>

#include "base/check.h"
#include "openai/sse.h"

namespace {

using namespace cocoon;
using Events = std::vector<openai::SseEvent>;

constexpr std::size_t kEventBytesMax = 256;

// Feeds the stream in pieces of `step` bytes.
Result<Events> parse(BytesView stream, std::size_t step) {
  openai::SseParser parser(kEventBytesMax);
  Events events;
  while (!stream.empty()) {
    const BytesView piece = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(piece.size());
    TRY(const Events some, parser.feed(piece));
    events.insert(events.end(), some.begin(), some.end());
  }
  for (openai::SseEvent& event : parser.finish()) events.push_back(std::move(event));
  return events;
}

}  // namespace

// The events' raw bytes are the stream, and where the stream is cut makes no difference.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView stream = std::as_bytes(std::span(data, size));
  const Result<Events> whole = parse(stream, size + 1);
  for (const std::size_t step : {1U, 2U, 7U}) {
    const Result<Events> pieces = parse(stream, step);
    COCOON_CHECK(pieces.has_value() == whole.has_value());
    COCOON_CHECK(!whole || *pieces == *whole);
  }
  if (!whole) return 0;
  std::string raw;
  for (const openai::SseEvent& event : *whole) raw += event.raw;
  COCOON_CHECK(raw == as_text(stream));
  return 0;
}
