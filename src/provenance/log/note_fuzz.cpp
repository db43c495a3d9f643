#include <cstdint>

#include "base/check.h"
#include "provenance/log/checkpoint.h"

// Nothing that the key did not sign verifies; keys, checkpoints and tile paths that are read write
// themselves again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::provenance::log;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  static const auto pair =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{9})).value());
  static const NoteKey key = NoteKey::create("example.com/log", pair.public_key()).value();
  COCOON_CHECK(!verify_checkpoint(text, key).has_value());
  if (const auto parsed = NoteKey::parse(text)) COCOON_CHECK(parsed->text() == text);
  if (const auto parsed = Checkpoint::parse(text)) COCOON_CHECK(parsed->text() == text);
  if (const auto parsed = TileId::parse(text)) COCOON_CHECK(parsed->path() == text);
  return 0;
}
