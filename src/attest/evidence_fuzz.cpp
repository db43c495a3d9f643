#include "attest/evidence.h"
#include "base/check.h"

// A bundle that decodes encodes to the same bytes: there is one encoding of each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cocoon::BytesView bytes = std::as_bytes(std::span(data, size));
  const auto bundle = cocoon::attest::EvidenceBundle::decode(bytes);
  if (bundle.has_value()) COCOON_CHECK(cocoon::equal(bundle->encode(), bytes));
  return 0;
}
