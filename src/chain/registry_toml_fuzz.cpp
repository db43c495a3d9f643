#include "base/check.h"
#include "chain/registry_toml.h"

// A registry that is accepted writes to a text that reads back as the same registry.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const auto snapshot = chain::parse_registry_toml(std::as_bytes(std::span(data, size)));
  if (!snapshot.has_value()) return 0;
  COCOON_CHECK(snapshot->network == kDevnetNetworkId);
  const std::string text = chain::write_registry_toml(*snapshot);
  const auto again = chain::parse_registry_toml(as_bytes(text));
  COCOON_CHECK(again.has_value() && chain::write_registry_toml(*again) == text);
  COCOON_CHECK(again->policy.hash() == snapshot->policy.hash());
  return 0;
}
