#include <cstdint>

#include "base/check.h"
#include "codec/base64.h"

// Each byte string has one encoding in each alphabet, both ways.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const std::string_view text = as_text(bytes);
  if (const auto decoded = codec::from_base64(text)) {
    COCOON_CHECK(codec::to_base64(*decoded) == text);
  }
  if (const auto decoded = codec::from_base64url(text)) {
    COCOON_CHECK(codec::to_base64url(*decoded) == text);
  }
  const auto standard = codec::from_base64(codec::to_base64(bytes));
  COCOON_CHECK(standard.has_value() && equal(*standard, bytes));
  const auto url_safe = codec::from_base64url(codec::to_base64url(bytes));
  COCOON_CHECK(url_safe.has_value() && equal(*url_safe, bytes));
  return 0;
}
