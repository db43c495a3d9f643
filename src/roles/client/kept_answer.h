#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/verify.h"
#include "crypto/keys.h"
#include "ports/world.h"
#include "provenance/salt_root.h"

namespace cocoon::client {

// By what a worker was judged when it answered. The documents, which many answers share, are kept
// apart, by their SHA-256.
struct KeptOrigin {
  crypto::Ed25519PublicKey proxy;  // in whose log the receipt will be
  ports::DocumentDigest evidence;
  std::optional<ports::DocumentDigest> collateral;
  ports::DocumentDigest policy;  // of attest::encode_policy()
  std::string model_name;
  attest::ProvenBlock block;  // that the evidence names
};

// What a client keeps of an answer: no text, and nothing that opens one
// (docs/formats/kept-answer.md).
struct KeptAnswer {
  Bytes receipt;  // signed
  provenance::SaltRoot salts;
  std::vector<RequestId> parents;  // earlier answers of this client that the receipt names
  std::optional<KeptOrigin> origin;

  [[nodiscard]] Bytes encode() const;
  // kMalformed for anything but what encode() writes.
  [[nodiscard]] static Result<KeptAnswer> decode(BytesView cbor);
};

}  // namespace cocoon::client
