#include <cstdint>

#include "base/check.h"
#include "provenance/log/proof.h"

// A proof that is read writes itself again, and proves nothing about a log whose key did not sign.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::provenance::log;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  static const auto pair =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{9})).value());
  static const NoteKey key = proxy_log_key(pair.public_key());
  if (const auto parsed = LogProof::parse(text)) {
    COCOON_CHECK(parsed->text() == text);
    COCOON_CHECK(!verify_log_proof(*parsed, ReceiptHash(), key).has_value());
  }
  return 0;
}
