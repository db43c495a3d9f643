#include <cstdint>

#include "base/check.h"
#include "codec/json.h"

// What parses is written and parses again to the same value, and writing that changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const Result<codec::Json> value = codec::parse_json(text, {.depth = 16, .nodes = 10'000});
  if (!value) return 0;
  const std::string written = codec::write_json(*value);
  const Result<codec::Json> again = codec::parse_json(written, {.depth = 16, .nodes = 10'000});
  COCOON_CHECK(again.has_value());
  COCOON_CHECK(*again == *value);
  COCOON_CHECK(codec::write_json(*again) == written);
  return 0;
}
