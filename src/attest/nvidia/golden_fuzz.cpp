#include "attest/nvidia/golden.h"

// Any document under a good signature is read or refused, never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::nvidia;
  static const auto key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>());
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(
      GoldenSet::open(bytes, key.sign(golden_signing_input(bytes)), key.public_key()));
  return 0;
}
