#pragma once

#include <string>
#include <string_view>

#include "provenance/log/note.h"
#include "provenance/log/tree.h"

namespace cocoon::provenance::log {

// What a log says of itself (C2SP tlog-checkpoint): its origin, which is also the name of its key,
// and the head of its tree. Extension lines are neither written nor accepted.
struct Checkpoint {
  std::string origin;
  TreeHead head;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static Result<Checkpoint> parse(std::string_view text);
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The signed checkpoint of the log of this key.
[[nodiscard]] std::string sign_checkpoint(const TreeHead& head, const NoteKey& key,
                                          const crypto::Ed25519KeyPair& signer);
// The checkpoint of a note that the log of this key signed.
[[nodiscard]] Result<Checkpoint> verify_checkpoint(std::string_view note, const NoteKey& key);

}  // namespace cocoon::provenance::log
