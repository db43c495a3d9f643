#include "provenance/log/note.h"

#include <algorithm>

#include "base/check.h"
#include "codec/base64.h"
#include "codec/utf8.h"

namespace cocoon::provenance::log {
namespace {

constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // an em dash and a space
constexpr ByteArray<1> kNewline{std::byte{'\n'}};
constexpr ByteArray<1> kAlgorithmEd25519{std::byte{0x01}};

std::unexpected<Error> malformed(const char* why) {
  return fail(ProvenanceError::kMalformed, std::string("signed note: ") + why);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNoteNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

// Control characters other than the newline have no place in a note.
bool is_note_text(std::string_view text) {
  return codec::is_valid_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && c != '\n';
         });
}

struct SignatureLine {
  std::string_view name;
  Bytes key_id_and_signature;
};

Result<SignatureLine> parse_line(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return malformed("not a signature line");
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return malformed("a signature without a name");
  auto bytes = codec::from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < sizeof(ByteArray<4>) + 1) {
    return malformed("a signature that is not base64");
  }
  return SignatureLine{.name = line.substr(0, space),
                       .key_id_and_signature = std::move(bytes).value()};
}

}  // namespace

Result<NoteKey> NoteKey::create(std::string name, crypto::Ed25519PublicKey key) {
  if (!is_name(name)) return malformed("a name that no key may have");
  return NoteKey(std::move(name), key);
}

Result<NoteKey> NoteKey::parse(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return malformed("not a verifier key");
  auto key = codec::from_base64(text.substr(second + 1));
  if (!key || key->size() != 1 + crypto::Ed25519PublicKey::kSize ||
      key->front() != kAlgorithmEd25519[0]) {
    return malformed("not an Ed25519 verifier key");
  }
  TRY(const auto public_key, crypto::Ed25519PublicKey::from(BytesView(*key).subspan(1)));
  TRY(NoteKey out, create(std::string(text.substr(0, first)), public_key));
  if (to_hex(out.id()) != text.substr(first + 1, second - first - 1)) {
    return malformed("a verifier key whose id is another key's");
  }
  return out;
}

std::string NoteKey::text() const {
  return name_ + "+" + to_hex(id()) + "+" +
         codec::to_base64(concat({kAlgorithmEd25519, key_.view()}));
}

ByteArray<4> NoteKey::id() const {
  const auto digest = crypto::sha256({as_bytes(name_), kNewline, kAlgorithmEd25519, key_.view()});
  ByteArray<4> out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

std::string sign_note(std::string_view text, const NoteKey& key,
                      const crypto::Ed25519KeyPair& signer) {
  COCOON_CHECK(text.ends_with('\n') && is_note_text(text));
  COCOON_CHECK(signer.public_key() == key.public_key());
  const crypto::Ed25519Signature signature = signer.sign(as_bytes(text));
  std::string note(text);
  note += '\n';
  note += kSignaturePrefix;
  note += key.name() + ' ' + codec::to_base64(concat({key.id(), signature.view()})) + '\n';
  return note;
}

Result<std::string> verify_note(std::string_view note, const NoteKey& key) {
  if (note.size() > kNoteBytesMax) return malformed("too long");
  if (!is_note_text(note)) return malformed("not text");
  const std::size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos || !note.ends_with('\n')) return malformed("no signatures");
  const std::string_view text = note.substr(0, gap + 1);
  std::string_view lines = note.substr(gap + 2);
  bool is_signed = false;
  for (std::size_t count = 0; !lines.empty(); ++count) {
    if (count == kNoteSignaturesMax) return malformed("too many signatures");
    const std::size_t end = lines.find('\n');
    TRY(const SignatureLine line, parse_line(lines.substr(0, end)));
    lines.remove_prefix(end + 1);
    const ByteArray<4> id = key.id();
    const BytesView bytes = line.key_id_and_signature;
    if (line.name != key.name() || !equal(bytes.first(id.size()), id)) continue;
    const auto signature = crypto::Ed25519Signature::from(bytes.subspan(id.size()));
    if (!signature || !crypto::verify_ed25519(key.public_key(), as_bytes(text), *signature)) {
      return fail(ProvenanceError::kBadSignature, "the note's signature is wrong");
    }
    is_signed = true;
  }
  if (!is_signed) return fail(ProvenanceError::kBadSignature, "the note is not signed by this key");
  return std::string(text);
}

}  // namespace cocoon::provenance::log
