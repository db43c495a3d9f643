#include "attest/collateral_book.h"
#include "base/check.h"

// Floors that decode encode to the same bytes: there is one encoding of each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cocoon::BytesView bytes = std::as_bytes(std::span(data, size));
  const auto floors = cocoon::attest::decode_floors(bytes);
  if (floors.has_value())
    COCOON_CHECK(cocoon::equal(cocoon::attest::encode_floors(*floors), bytes));
  return 0;
}
