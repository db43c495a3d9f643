#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "provenance/log/checkpoint.h"

namespace cocoon::provenance::log {

inline constexpr std::size_t kProofHashesMax = 64;
inline constexpr std::size_t kProofBytesMax = kNoteBytesMax + 4096;

// That an entry is in a log (C2SP tlog-proof): where, the hashes from its leaf to the root, and the
// checkpoint that signs the root.
struct LogProof {
  std::uint64_t index = 0;
  std::vector<MerkleHash> hashes;  // RFC 9162 §2.1.3, kProofHashesMax at most
  std::string checkpoint;          // a signed note

  [[nodiscard]] std::string text() const;
  // Extra data, which the format would allow, is refused: nothing would vouch for it.
  [[nodiscard]] static Result<LogProof> parse(std::string_view text);
  friend bool operator==(const LogProof&, const LogProof&) = default;
};

// The checkpoint that the log of this key signed and that holds the receipt. kBadSignature and
// kMalformed for a checkpoint that is not that log's, kProofMismatch for another receipt.
[[nodiscard]] Result<Checkpoint> verify_log_proof(const LogProof& proof, const ReceiptHash& receipt,
                                                  const NoteKey& key);

// The second half of it, for a checkpoint whose signature was checked before. kProofMismatch.
[[nodiscard]] Status verify_inclusion(const LogProof& proof, const ReceiptHash& receipt,
                                      const Checkpoint& checkpoint);

// The key of the log that the proxy of this identity key keeps: the proxy's key under the name that
// docs/formats/log.md derives from it.
[[nodiscard]] NoteKey proxy_log_key(const crypto::Ed25519PublicKey& proxy);

}  // namespace cocoon::provenance::log
