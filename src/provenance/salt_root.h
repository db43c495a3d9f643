#pragma once

#include "base/secret.h"
#include "base/strong.h"

namespace cocoon::provenance {

using Salt = TaggedBytes<struct SaltTag, 16>;

// What the salts of an answer's chunks derive from. Whoever holds it can check all of the answer's
// text against the receipt, and nothing of what was asked.
class OutputSalts {
 public:
  // 32 bytes. Fails for another length.
  [[nodiscard]] static Result<OutputSalts> from(BytesView kept);
  explicit OutputSalts(SecretArray<32> bytes) : bytes_(std::move(bytes)) {}

  // A second copy, made on purpose.
  [[nodiscard]] OutputSalts clone() const { return OutputSalts(bytes_.clone()); }
  [[nodiscard]] BytesView expose() const { return bytes_.expose(); }
  // Of the chunk that stands at this position, as the format encodes it. Says nothing of the salts
  // of other chunks.
  [[nodiscard]] Salt of_chunk(BytesView position) const;

  friend bool operator==(const OutputSalts&, const OutputSalts&) = default;

 private:
  SecretArray<32> bytes_;
};

// What all salts of one answer derive from (docs/formats/receipt.md). Client and worker come to the
// same one from the secret of the sealed response, and nobody else does, so nobody else can test
// guesses of a short prompt or answer against its commitment. It opens nothing of the response:
// whoever keeps it, to prove texts against the receipt later, keeps no key.
class SaltRoot {
 public:
  // HKDF-Expand of the response secret with a label of its own.
  [[nodiscard]] static SaltRoot of(const SecretArray<32>& response_secret);
  // One that was kept: 32 bytes. Fails for another length.
  [[nodiscard]] static Result<SaltRoot> from(BytesView kept);

  // A second copy, made on purpose.
  [[nodiscard]] SaltRoot clone() const { return SaltRoot(bytes_.clone()); }
  [[nodiscard]] BytesView expose() const { return bytes_.expose(); }

  // None of these says anything of the root or of the others.
  [[nodiscard]] Salt prompt() const;
  [[nodiscard]] Salt params() const;
  [[nodiscard]] OutputSalts output() const;

  friend bool operator==(const SaltRoot&, const SaltRoot&) = default;

 private:
  explicit SaltRoot(SecretArray<32> bytes) : bytes_(std::move(bytes)) {}

  SecretArray<32> bytes_;
};

}  // namespace cocoon::provenance
