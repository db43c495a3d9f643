#include <cstdint>

#include "base/check.h"
#include "wire/hello.h"

// Nothing that a fuzzer can write was signed for this channel, whatever its other bytes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cocoon::BytesView bytes(reinterpret_cast<const std::byte*>(data), size);
  static const auto key = cocoon::crypto::Ed25519KeyPair::from_seed(cocoon::SecretArray<32>());
  static const cocoon::Bytes own =
      cocoon::wire::make_hello(cocoon::attest::Role::kProxy, cocoon::Kid(), key, {});
  const auto hello = cocoon::wire::verify_hello(bytes, {});
  if (hello && hello->identity_key == key.public_key()) COCOON_CHECK(cocoon::equal(bytes, own));
  return 0;
}
