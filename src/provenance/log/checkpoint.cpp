#include "provenance/log/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "codec/base64.h"

namespace cocoon::provenance::log {
namespace {

std::unexpected<Error> malformed() {
  return fail(ProvenanceError::kMalformed, "not a checkpoint: three lines, origin, size and root");
}

// The next line, taken off the front, without its newline.
Result<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end == 0) return malformed();
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string Checkpoint::text() const {
  return origin + '\n' + std::to_string(head.size) + '\n' + codec::to_base64(head.root) + '\n';
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  const std::string_view whole = text;
  Checkpoint out;
  TRY(const std::string_view origin, take_line(text));
  TRY(const std::string_view size, take_line(text));
  TRY(const std::string_view root, take_line(text));
  out.origin = origin;
  const auto [end, failed] = std::from_chars(size.data(), size.data() + size.size(), out.head.size);
  if (failed != std::errc()) return malformed();
  const auto hash = codec::from_base64(root);
  if (!hash || hash->size() != out.head.root.size()) return malformed();
  std::ranges::copy(*hash, out.head.root.begin());
  // Leading zeros, other base64, lines behind the third: whatever is not what we would write.
  if (out.text() != whole) return malformed();
  return out;
}

std::string sign_checkpoint(const TreeHead& head, const NoteKey& key,
                            const crypto::Ed25519KeyPair& signer) {
  return sign_note(Checkpoint{.origin = key.name(), .head = head}.text(), key, signer);
}

Result<Checkpoint> verify_checkpoint(std::string_view note, const NoteKey& key) {
  TRY(const std::string text, verify_note(note, key));
  TRY(Checkpoint checkpoint, Checkpoint::parse(text));
  if (checkpoint.origin != key.name()) {
    return fail(ProvenanceError::kMalformed, "a checkpoint of another log");
  }
  return checkpoint;
}

}  // namespace cocoon::provenance::log
