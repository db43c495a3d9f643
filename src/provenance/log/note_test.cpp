#include "provenance/log/note.h"

#include <doctest/doctest.h>

#include "provenance/log/checkpoint.h"

namespace cocoon::provenance::log {
namespace {

crypto::Ed25519KeyPair key_pair(std::uint8_t seed) {
  return crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(Bytes(32, std::byte{seed})).value());
}

NoteKey note_key(const crypto::Ed25519KeyPair& pair, std::string name = "example.com/log") {
  return NoteKey::create(std::move(name), pair.public_key()).value();
}

TEST_CASE("a verifier key is read as it was written, and only so") {
  const NoteKey key = note_key(key_pair(1));
  const auto parsed = NoteKey::parse(key.text());
  REQUIRE(parsed.has_value());
  CHECK(parsed->text() == key.text());
  // The example of golang.org/x/mod/sumdb/note.
  const auto sumdb =
      NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  REQUIRE(sumdb.has_value());
  CHECK(to_hex(sumdb->id()) == "c74f20a3");
  for (const char* const text :
       {"", "+", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"}) {
    CHECK_MESSAGE(!NoteKey::parse(text).has_value(), text);
  }
}

TEST_CASE("verifies the note that golang.org/x/mod/sumdb/note shows as its example") {
  const auto key =
      NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  REQUIRE(key.has_value());
  const std::string text =
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n";
  const std::string note =
      text +
      "\n"
      "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2p"
      "ZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  const auto verified = verify_note(note, *key);
  REQUIRE_MESSAGE(verified.has_value(), verified.error().message());
  CHECK(*verified == text);
}

TEST_CASE("refuses every changed byte of a note") {
  const auto pair = key_pair(1);
  const NoteKey key = note_key(pair);
  const std::string note = sign_note("one\ntwo\n", key, pair);
  CHECK(verify_note(note, key).value() == "one\ntwo\n");
  for (std::size_t at = 0; at < note.size(); ++at) {
    for (const char flip : {'\x01', '\x20', '\x80'}) {
      std::string changed = note;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      CHECK_MESSAGE(!verify_note(changed, key).has_value(), changed);
    }
  }
  CHECK(verify_note(note, note_key(key_pair(2))).error().is(ProvenanceError::kBadSignature));
  CHECK(verify_note(note, note_key(pair, "other")).error().is(ProvenanceError::kBadSignature));
}

TEST_CASE("a note may carry other keys' signatures, a bounded number of them") {
  const auto pair = key_pair(1);
  const NoteKey key = note_key(pair);
  const std::string text = "text\n";
  const auto other = key_pair(2);
  std::string note = sign_note(text, note_key(other, "witness"), other);
  note += sign_note(text, key, pair).substr(text.size() + 1);
  CHECK(verify_note(note, key).has_value());
  while (note.size() + 120 < kNoteBytesMax) note += sign_note(text, key, pair).substr(6);
  CHECK_FALSE(verify_note(note, key).has_value());
}

TEST_CASE("checkpoints are read as they were written, and only so") {
  const auto pair = key_pair(3);
  const NoteKey key = note_key(pair);
  const TreeHead head{.size = 12345, .root = merkle_leaf({as_bytes("root")})};
  const std::string note = sign_checkpoint(head, key, pair);
  const auto verified = verify_checkpoint(note, key);
  REQUIRE(verified.has_value());
  CHECK(*verified == Checkpoint{.origin = "example.com/log", .head = head});
  const std::string text = verified->text();
  for (const std::string& other :
       {text + "extension\n", "0" + text, "\n" + text, text.substr(0, text.size() - 1),
        "example.com/log\n012345" + text.substr(text.rfind('\n', text.size() - 2)),
        "example.com/log\n+1" + text.substr(text.rfind('\n', text.size() - 2)),
        "example.com/log\n99999999999999999999" + text.substr(text.rfind('\n', text.size() - 2)),
        std::string("example.com/log\n1\nAAAA\n"), std::string()}) {
    const auto parsed = Checkpoint::parse(other);
    CHECK_MESSAGE((!parsed || parsed->text() == other), other);
    CHECK_MESSAGE((other[0] == '0' || !parsed), other);
  }
  const std::string foreign =
      sign_note("elsewhere\n1\n" + text.substr(text.size() - 45), key, pair);
  CHECK(verify_checkpoint(foreign, key).error().is(ProvenanceError::kMalformed));
}

}  // namespace
}  // namespace cocoon::provenance::log
