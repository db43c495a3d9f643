#include <cstdint>

#include "base/check.h"
#include "channel/voucher.h"

// What decodes encodes to the same bytes; and nothing that the key did not sign verifies.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static const auto key =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{9})).value());
  if (const auto voucher = channel::SignedVoucher::decode(bytes)) {
    COCOON_CHECK(equal(voucher->encode(), bytes));
    COCOON_CHECK(channel::parse_voucher_header(channel::voucher_header(*voucher)) == *voucher);
    COCOON_CHECK(!channel::verify_voucher(*voucher, key.public_key()).has_value());
  }
  if (const auto amount = channel::FinalAmount::decode(bytes))
    COCOON_CHECK(equal(amount->encode(), bytes));
  if (const auto header = channel::parse_voucher_header(as_text(bytes)))
    COCOON_CHECK(channel::voucher_header(*header) == as_text(bytes));
  return 0;
}
