#include "base/check.h"
#include "sealed/schedule/plaintext.h"

using namespace cocoon;
using namespace cocoon::sealed;

// What decodes is written back byte for byte: there is one encoding only.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  const auto request = decode_padded(input);
  if (request.has_value()) {
    const auto written = encode_padded(*request);
    COCOON_CHECK(written.has_value() && equal(written->expose(), input));
  } else {
    COCOON_CHECK(request.error().library() == Library::kSealed);
  }
  const auto head = ResponseHead::decode(input);
  if (head.has_value()) COCOON_CHECK(equal(head->encode(), input));
  const auto failure = ResponseFailure::decode(input);
  if (failure.has_value()) COCOON_CHECK(equal(failure->encode(), input));
  return 0;
}
