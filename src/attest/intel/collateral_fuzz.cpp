#include "attest/intel/collateral.h"
#include "attest/intel/quote_verify.h"
#include "base/check.h"

// Collateral that parses is written and read to the same; verifying it ends in a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::intel;
  const auto collateral = UnverifiedCollateral::parse(std::as_bytes(std::span(data, size)));
  if (!collateral.has_value()) return 0;
  const std::string json = collateral->to_json();
  COCOON_CHECK(UnverifiedCollateral::parse(as_bytes(json))->to_json() == json);
  const auto roots = std::array{intel_sgx_root()};
  static_cast<void>(verify_collateral(*collateral, roots));
  return 0;
}
