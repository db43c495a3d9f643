#include <cstdint>

#include "attest/image_toml.h"
#include "base/check.h"

// An image that is accepted writes to a text that reads back as the same image.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const auto image = attest::parse_image_toml(std::as_bytes(std::span(data, size)));
  if (!image.has_value()) return 0;
  COCOON_CHECK(!image->shapes.empty());
  const std::string text = attest::write_image_toml(*image);
  const auto again = attest::parse_image_toml(as_bytes(text));
  COCOON_CHECK(again.has_value() && attest::write_image_toml(*again) == text);
  return 0;
}
