#include "ton/wallet/phrase.h"

#include <algorithm>
#include <cctype>

#include "crypto/password.h"
#include "ton/cell/bits.h"
#include "ton/wallet/words.h"

namespace cocoon::ton {
namespace {

constexpr unsigned kRounds = 100'000;
constexpr std::size_t kWordBits = 11;
constexpr std::size_t kTextMax = 1024;

const std::vector<std::string_view>& words() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> list;
    std::string_view rest = kPhraseWords;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      list.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return list;
  }();
  return all;
}

SecretArray<64> entropy_of(BytesView text) { return crypto::hmac_sha512(text, {}); }

bool is_seed(BytesView text) {
  const auto marker =
      crypto::pbkdf2_sha512(entropy_of(text).expose(), as_bytes("TON seed version"), kRounds / 256);
  return marker.expose()[0] == std::byte{0};
}

}  // namespace

Result<Phrase> Phrase::parse(std::string_view text) {
  if (text.size() > kTextMax) return fail(TonError::kBadPhrase, "a recovery phrase has 24 words");
  Bytes normal;
  normal.reserve(kTextMax + 1);  // no reallocation leaves a copy behind
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isspace(letter) == 0) {
      normal.push_back(static_cast<std::byte>(std::tolower(letter)));
    } else if (!normal.empty() && normal.back() != std::byte{' '}) {
      normal.push_back(std::byte{' '});
    }
  }
  if (!normal.empty() && normal.back() == std::byte{' '}) normal.pop_back();
  SecretBytes kept(std::move(normal));
  std::size_t count = 0;
  std::string_view rest = as_text(kept.expose());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (!std::ranges::binary_search(words(), rest.substr(0, end))) {
      return fail(TonError::kBadPhrase,
                  "word " + std::to_string(count + 1) + " is none of the known words");
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++count;
  }
  if (count != kPhraseWordCount)
    return fail(TonError::kBadPhrase, "a recovery phrase has 24 words");
  if (!is_seed(kept.expose()))
    return fail(TonError::kBadPhrase, "words that are no recovery phrase of a TON wallet");
  return Phrase(std::move(kept));
}

Result<Phrase> Phrase::from_random(const SecretArray<33>& random) {
  static_assert(33 * 8 == kPhraseWordCount * kWordBits);
  Bytes text;
  text.reserve(kTextMax);
  for (std::size_t i = 0; i < kPhraseWordCount; ++i) {
    if (i > 0) text.push_back(std::byte{' '});
    append(text, as_bytes(words()[bits_at(random.expose(), i * kWordBits, kWordBits)]));
  }
  SecretBytes kept(std::move(text));
  if (!is_seed(kept.expose()))
    return fail(TonError::kBadPhrase, "words that are no recovery phrase of a TON wallet");
  return Phrase(std::move(kept));
}

SecretArray<32> Phrase::seed() const {
  const auto derived = crypto::pbkdf2_sha512(entropy_of(text_.expose()).expose(),
                                             as_bytes("TON default seed"), kRounds);
  return SecretArray<32>::copy_of(derived.expose().first(32)).value();
}

}  // namespace cocoon::ton
