#include "provenance/log/proof.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "codec/base64.h"

namespace cocoon::provenance::log {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kNameDigestBytes = 16;

std::unexpected<Error> malformed(const char* why) {
  return fail(ProvenanceError::kMalformed, std::string("log proof: ") + why);
}

}  // namespace

std::string LogProof::text() const {
  std::string out(kHeader);
  out += std::string(kIndex) + std::to_string(index) + '\n';
  for (const MerkleHash& hash : hashes) out += codec::to_base64(hash) + '\n';
  return out + '\n' + checkpoint;
}

Result<LogProof> LogProof::parse(std::string_view text) {
  const std::string_view whole = text;
  if (text.size() > kProofBytesMax) return malformed("too long");
  if (!text.starts_with(kHeader)) return malformed("another format or version");
  text.remove_prefix(kHeader.size());
  const std::size_t gap = text.find("\n\n");
  if (gap == std::string_view::npos) return malformed("no checkpoint");
  LogProof out;
  out.checkpoint = text.substr(gap + 2);
  text = text.substr(0, gap + 1);
  if (!text.starts_with(kIndex)) return malformed("no index");
  text.remove_prefix(kIndex.size());
  const std::string_view index = text.substr(0, text.find('\n'));
  const auto read = std::from_chars(index.data(), index.data() + index.size(), out.index);
  if (read.ec != std::errc()) return malformed("no index");
  text.remove_prefix(index.size() + 1);
  while (!text.empty()) {
    if (out.hashes.size() == kProofHashesMax) return malformed("too many hashes");
    const std::size_t line = text.find('\n');
    const auto bytes = codec::from_base64(text.substr(0, line));
    if (!bytes || bytes->size() != sizeof(MerkleHash)) return malformed("not a hash");
    std::ranges::copy(*bytes, out.hashes.emplace_back().begin());
    text.remove_prefix(line + 1);
  }
  if (out.text() != whole) return malformed("not as it would be written");
  return out;
}

Result<Checkpoint> verify_log_proof(const LogProof& proof, const ReceiptHash& receipt,
                                    const NoteKey& key) {
  TRY(Checkpoint checkpoint, verify_checkpoint(proof.checkpoint, key));
  TRY_VOID(verify_inclusion(proof, receipt, checkpoint));
  return checkpoint;
}

Status verify_inclusion(const LogProof& proof, const ReceiptHash& receipt,
                        const Checkpoint& checkpoint) {
  return verify_merkle_inclusion(checkpoint.head.root, entry_leaf(receipt.view()), proof.index,
                                 checkpoint.head.size, proof.hashes);
}

NoteKey proxy_log_key(const crypto::Ed25519PublicKey& proxy) {
  const auto digest = crypto::sha256({label("cocoon/1 log"), proxy.view()});
  auto key = NoteKey::create("cocoon/" + to_hex(BytesView(digest).first(kNameDigestBytes)), proxy);
  COCOON_CHECK(key.has_value());
  return std::move(key).value();
}

}  // namespace cocoon::provenance::log
