#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "config/client_config.h"
#include "config/proxy_config.h"

// Whatever reads as a configuration can be written, and reads back as the same one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto config = parse_client_config(text, "/base")) {
    const std::string written = write_client_config(*config);
    const auto again = parse_client_config(written, "/other");
    COCOON_CHECK(again.has_value());
    COCOON_CHECK(write_client_config(*again) == written);
  }
  if (const auto config = parse_proxy_config(text, "/base")) {
    const std::string written = write_proxy_config(*config);
    const auto again = parse_proxy_config(written, "/other");
    COCOON_CHECK(again.has_value());
    COCOON_CHECK(write_proxy_config(*again) == written);
  }
  return 0;
}
