#include "base/check.h"
#include "engine/prometheus.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  const auto samples = cocoon::engine::parse_prometheus(page);
  if (!samples) return 0;
  (void)cocoon::engine::load_of(*samples);
  const std::string written = cocoon::engine::write_prometheus(*samples);
  const auto again = cocoon::engine::parse_prometheus(written);
  COCOON_CHECK(again.has_value());
  COCOON_CHECK(again->size() == samples->size());
  COCOON_CHECK(cocoon::engine::write_prometheus(*again) == written);
  return 0;
}
