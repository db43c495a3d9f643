#include <cstdint>

#include "base/check.h"
#include "wire/directory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cocoon::BytesView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto decoded = cocoon::wire::LoadReport::decode(bytes)) {
    COCOON_CHECK(cocoon::equal(decoded->encode(), bytes));
  }
  return 0;
}
