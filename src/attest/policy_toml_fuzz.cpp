#include "attest/policy_toml.h"
#include "base/check.h"

// What a policy says of platforms is written and read to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest;
  const auto policy = parse_policy_toml(std::as_bytes(std::span(data, size)));
  if (!policy.has_value()) return 0;
  Policy terms = *policy;
  terms.images.clear();
  const std::string toml = "network = " + std::to_string(terms.network.value()) +
                           "\n[attestation]\n" + write_platform_terms(terms);
  const auto again = parse_policy_toml(as_bytes(toml));
  COCOON_CHECK(again.has_value() && again->hash() == terms.hash());
  return 0;
}
