#include "attest/inspect.h"
#include "attest/intel/quote.h"
#include "attest/intel/quote_verify.h"
#include "base/check.h"

// A quote that parses is the front of its input and parses again from that front alone; describing
// and verifying it end in a value, never in a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::intel;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(attest::inspect_quote_json(bytes));
  auto quote = UnverifiedQuote::parse(bytes);
  if (!quote.has_value()) return 0;
  const BytesView canonical = quote->canonical();
  COCOON_CHECK(canonical.size() <= bytes.size() && canonical.size() <= kQuoteBytesMax);
  COCOON_CHECK(equal(canonical, bytes.first(canonical.size())));
  const auto again = UnverifiedQuote::parse(canonical);
  COCOON_CHECK(again.has_value() && equal(again->canonical(), canonical));
  const auto roots = std::array{intel_sgx_root()};
  static_cast<void>(verify_quote(std::move(*quote), roots));
  return 0;
}
