#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/keys.h"
#include "ton/cell/error.h"

// Recovery phrases as TON's wallets use them (tonlib's Mnemonic, @ton/crypto): 24 English words of
// BIP-39, without a password, whose PBKDF2 marks them as a basic seed.
namespace cocoon::ton {

inline constexpr std::size_t kPhraseWordCount = 24;

// Words in lower case with one space between: what a person writes down.
class Phrase {
 public:
  // Takes any white space and letter case. kBadPhrase for another number of words, an unknown word,
  // or words that are no seed. Costs some 400 rounds of PBKDF2.
  [[nodiscard]] static Result<Phrase> parse(std::string_view text);
  // Tries candidates from 33 random bytes at a time until one is a seed; nothing if this one is not
  // (255 of 256).
  [[nodiscard]] static Result<Phrase> from_random(const SecretArray<33>& random);

  // 100,000 rounds of PBKDF2: tens of milliseconds.
  [[nodiscard]] SecretArray<32> seed() const;
  [[nodiscard]] BytesView expose() const { return text_.expose(); }

 private:
  explicit Phrase(SecretBytes text) : text_(std::move(text)) {}
  SecretBytes text_;
};

}  // namespace cocoon::ton
