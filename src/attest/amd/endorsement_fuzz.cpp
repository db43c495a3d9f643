#include "attest/amd/endorsement.h"

// Any certificate under AMD's own ends in a value, never in a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::amd;
  auto leaf = crypto::Certificate::from_der(std::as_bytes(std::span(data, size)));
  if (!leaf.has_value()) return 0;
  const auto chain = with_vendor_issuers(*std::move(leaf));
  if (!chain.has_value()) return 0;
  static_cast<void>(verify_endorsement(*chain, amd_roots(), UnixSeconds(1'750'000'000)));
  return 0;
}
