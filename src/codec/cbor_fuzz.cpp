#include <cstdint>

#include "base/check.h"
#include "codec/cbor.h"

// Deterministic encoding: what decodes encodes to the very same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const Result<codec::Cbor> item = codec::decode_cbor(bytes);
  if (item) COCOON_CHECK(equal(codec::encode_cbor(*item), bytes));
  return 0;
}
