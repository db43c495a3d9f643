#include <cstdint>

#include "base/check.h"
#include "cose/sign1.h"

// What parses under tag 18 encodes to the same bytes, and no parsed message verifies under a key
// that signed nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const Result<cose::UnverifiedSign1> message = cose::parse_sign1(bytes);
  if (!message) return 0;
  const Bytes encoded = cose::encode_sign1(*message);
  constexpr std::byte kTag18{0xd2};
  COCOON_CHECK(encoded.size() == bytes.size() + (bytes[0] == kTag18 ? 0 : 1));
  COCOON_CHECK(equal(BytesView(encoded).last(bytes.size()), bytes));

  static const auto stranger =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{7})).value());
  COCOON_CHECK(!cose::verify_sign1(*message, stranger.public_key()).has_value());
  return 0;
}
