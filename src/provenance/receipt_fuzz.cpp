#include <cstdint>

#include "base/check.h"
#include "provenance/receipt.h"

// What decodes encodes to the same bytes; and nothing that the key did not sign verifies.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using provenance::Receipt;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static const auto key =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{9})).value());
  COCOON_CHECK(!provenance::verify_receipt(bytes, key.public_key()).has_value());
  const Result<Receipt> receipt = Receipt::decode(bytes);
  if (!receipt) return 0;
  const Result<Bytes> encoded = receipt->encode();
  COCOON_CHECK(encoded.has_value() && equal(*encoded, bytes));
  return 0;
}
