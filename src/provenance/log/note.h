#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/keys.h"
#include "provenance/error.h"

namespace cocoon::provenance::log {

// A signed note (C2SP signed-note): a text and, below it, lines that each hold one signature.

// A key that may sign notes, under the name that its signatures carry: not empty, no white space,
// no
// '+', 60 bytes at most.
class NoteKey {
 public:
  [[nodiscard]] static Result<NoteKey> create(std::string name, crypto::Ed25519PublicKey key);
  // "example.com/log+1a2b3c4d+AQ…": name, key id and base64 of the algorithm byte and the key.
  [[nodiscard]] static Result<NoteKey> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const crypto::Ed25519PublicKey& public_key() const { return key_; }
  // The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
  [[nodiscard]] ByteArray<4> id() const;

 private:
  NoteKey(std::string name, crypto::Ed25519PublicKey key) : name_(std::move(name)), key_(key) {}
  std::string name_;
  crypto::Ed25519PublicKey key_;
};

inline constexpr std::size_t kNoteNameBytesMax = 60;
inline constexpr std::size_t kNoteBytesMax = 16 * 1024;
inline constexpr std::size_t kNoteSignaturesMax = 16;

// The note of this text, which must end in a newline, signed by one key whose public half is
// `key`'s.
[[nodiscard]] std::string sign_note(std::string_view text, const NoteKey& key,
                                    const crypto::Ed25519KeyPair& signer);

// The text of a note that `key` signed. Other keys' signatures are not looked at. kBadSignature if
// there is none by `key`, or a wrong one.
[[nodiscard]] Result<std::string> verify_note(std::string_view note, const NoteKey& key);

}  // namespace cocoon::provenance::log
