#include "attest/policy_cbor.h"
#include "base/check.h"

// A policy that decodes encodes to the same bytes: there is one encoding of each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cocoon::BytesView bytes = std::as_bytes(std::span(data, size));
  const auto policy = cocoon::attest::decode_policy(bytes);
  if (policy.has_value()) {
    COCOON_CHECK(cocoon::equal(cocoon::attest::encode_policy(*policy), bytes));
  }
  return 0;
}
