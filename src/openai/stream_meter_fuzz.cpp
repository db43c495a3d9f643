#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "openai/stream_meter.h"

namespace {

using namespace cocoon;
using namespace cocoon::openai;

struct Metered {
  Bytes out;
  std::vector<std::string> segments;
  AnswerTotals totals;
};

Metered meter(Endpoint endpoint, UsageChunk usage_chunk, BytesView stream, std::size_t step) {
  Metered metered;
  StreamMeter meter(endpoint, usage_chunk, [&](const Segment& segment) {
    metered.segments.push_back(std::to_string(segment.choice) + "/" + std::to_string(segment.part) +
                               "/" + std::to_string(static_cast<int>(segment.field)) + "/" +
                               std::string(segment.text));
  });
  while (!stream.empty()) {
    const BytesView piece = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(piece.size());
    const Result<Bytes> out = meter.feed(piece);
    COCOON_CHECK(out.has_value());  // no input of the fuzzer reaches the bound of an event
    append(metered.out, *out);
  }
  append(metered.out, meter.finish());
  metered.totals = meter.totals();
  return metered;
}

}  // namespace

// Forwarding changes no byte; withholding only leaves events out, and the app's end then reads the
// same text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto endpoint = static_cast<Endpoint>(data[0] & 3U);
  const BytesView stream = std::as_bytes(std::span(data, size)).subspan(1);

  const Metered forwarded = meter(endpoint, UsageChunk::kForward, stream, size);
  COCOON_CHECK(equal(forwarded.out, stream));

  const Metered withheld = meter(endpoint, UsageChunk::kWithhold, stream, size);
  const Metered in_pieces = meter(endpoint, UsageChunk::kWithhold, stream, 3);
  COCOON_CHECK(equal(withheld.out, in_pieces.out));
  COCOON_CHECK(withheld.segments == in_pieces.segments);
  COCOON_CHECK(withheld.segments == forwarded.segments);
  COCOON_CHECK(withheld.totals.usage == forwarded.totals.usage);
  COCOON_CHECK(withheld.out.size() <= stream.size());

  const Metered at_the_app = meter(endpoint, UsageChunk::kForward, withheld.out, size);
  COCOON_CHECK(at_the_app.segments == withheld.segments);
  COCOON_CHECK(at_the_app.totals.end == withheld.totals.end);
  return 0;
}
