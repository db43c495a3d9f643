#include <cstdint>

#include "base/check.h"
#include "provenance/bill.h"

// What decodes encodes to the same bytes; and nothing that the key did not sign verifies.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using provenance::Bill;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static const auto key =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{9})).value());
  COCOON_CHECK(!provenance::verify_bill(bytes, key.public_key()).has_value());
  const Result<Bill> bill = Bill::decode(bytes);
  if (!bill) return 0;

  COCOON_CHECK(equal(bill->encode(), bytes));
  return 0;
}
