#include <cstdint>

#include "base/check.h"
#include "channel/price.h"

// Terms that decode encode to the same bytes and price without wrapping; and nothing that the key
// did not sign verifies.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static const auto key =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{9})).value());
  COCOON_CHECK(!channel::verify_worker_terms(bytes, key.public_key()).has_value());
  COCOON_CHECK(!channel::verify_proxy_terms(bytes, key.public_key()).has_value());
  if (const auto terms = channel::WorkerTerms::decode(bytes)) {
    COCOON_CHECK(equal(terms->encode().value(), bytes));
    const std::uint64_t buckets = std::uint64_t{1} << (size % 32U);
    const auto less = channel::price_of({.input = buckets, .output = buckets}, *terms);
    const auto more = channel::price_of({.input = 2 * buckets, .output = 2 * buckets}, *terms);
    COCOON_CHECK(!more.has_value() || (less.has_value() && *less <= *more));
  }
  if (const auto terms = channel::ProxyTerms::decode(bytes))
    COCOON_CHECK(equal(terms->encode().value(), bytes));
  return 0;
}
