#include "base/check.h"
#include "provenance/bundle/bundle.h"
#include "provenance/bundle/verify.h"

// A bundle that decodes encodes to the same bytes, and judging it ends in a chain, whatever its
// parts are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::provenance::bundle;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const auto bundle = Bundle::decode(bytes);
  if (!bundle) return 0;
  COCOON_CHECK(equal(bundle->encode().value(), bytes));
  Verifier verifier;
  const auto at = claimed_time(*bundle);
  const Chain chain = verifier.verify(
      *bundle, {.registry = nullptr, .block = {}, .at = at.value_or(UnixSeconds(1))});
  COCOON_CHECK(!chain.holds());
  COCOON_CHECK(!chain.to_json().as_object()->empty());
  return 0;
}
