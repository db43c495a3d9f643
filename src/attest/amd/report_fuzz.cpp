#include "attest/amd/describe.h"
#include "attest/amd/verify.h"
#include "base/check.h"

// A report that parses is its input; describing it ends in a value, and no TCB version that parses
// is written back otherwise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::amd;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const auto report = UnverifiedReport::parse(bytes);
  if (!report.has_value()) return 0;
  COCOON_CHECK(equal(report->bytes(), bytes));
  COCOON_CHECK(report->signed_part().size() < bytes.size());
  static_cast<void>(describe_report(*report));
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    const auto tcb = TcbVersion::parse(report->body().reported_tcb, product);
    COCOON_CHECK(!tcb.has_value() || tcb->encode(product) == report->body().reported_tcb);
  }
  return 0;
}
