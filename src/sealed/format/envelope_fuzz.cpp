#include "base/check.h"
#include "sealed/format/envelope.h"
#include "sealed/format/stream.h"

using namespace cocoon;
using namespace cocoon::sealed;

// What parses is written back byte for byte, and no prefix of it parses as something else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  for (const EnvelopeKind kind : {EnvelopeKind::kRelay, EnvelopeKind::kInfer}) {
    const auto parsed = parse_envelope_head(input, kind);
    if (!parsed.has_value()) {
      const bool needs_more = parsed.error().is(SealedError::kTruncated);
      COCOON_CHECK(parsed.error().library() == Library::kSealed);
      COCOON_CHECK(!needs_more || size < kEnvelopeHeadBytesMax);
      continue;
    }
    const Bytes written =
        kind == EnvelopeKind::kRelay
            ? encode_relay_head(parsed->head)
            : encode_infer_head(parsed->head.header, parsed->head.recipients.front());
    COCOON_CHECK(equal(written, input.first(parsed->bytes_consumed)));
    const auto shorter = parse_envelope_head(input.first(parsed->bytes_consumed - 1), kind);
    COCOON_CHECK(!shorter.has_value() && shorter.error().is(SealedError::kTruncated));
  }
  const auto response = ResponseHeader::decode(input);
  if (response.has_value()) {
    COCOON_CHECK(equal(response->encode(), input.first(kResponseHeaderSize)));
  }
  return 0;
}
