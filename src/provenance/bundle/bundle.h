#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "attest/verify.h"
#include "provenance/bundle/part.h"
#include "provenance/bundle/shown.h"
#include "provenance/receipt.h"
#include "registry/snapshot.h"

namespace cocoon::provenance::bundle {

inline constexpr std::size_t kBundleBytesMax = std::size_t{24} * 1024 * 1024;

// What the registry said when the worker was judged, as the bundle's maker read it.
struct RegistryRecord {
  Bytes policy;                      // attest::encode_policy()
  registry::Model model;             // the worker's
  crypto::Ed25519PublicKey log_key;  // of the proxy in whose log the receipt is

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<RegistryRecord> decode(BytesView cbor);
  // As Policy::hash() of the policy that is encoded here.
  [[nodiscard]] PolicyHash policy_hash() const;
};

[[nodiscard]] Bytes encode_block(const attest::ProvenBlock& block);
[[nodiscard]] Result<attest::ProvenBlock> decode_block(BytesView cbor);

// Everything that proves an answer's origin, in one file (docs/formats/bundle.md). The parts stay
// encoded: who judges them decodes them.
struct Bundle {
  Bytes receipt;  // signed
  Shown shown;
  Bytes evidence;    // attest::EvidenceBundle
  Bytes collateral;  // JSON; empty where the platform's kind needs none
  attest::ProvenBlock block;
  RegistryRecord registry;
  std::string log_proof;       // tlog-proof; empty while there is none
  std::vector<Bytes> parents;  // signed receipts, of those that the receipt names

  // kLimit if that would be no bundle for decode().
  [[nodiscard]] Result<Bytes> encode() const;
  // Whether its parts belong together is Verifier's to say.
  [[nodiscard]] static std::expected<Bundle, Damage> decode(BytesView cbor);
};

}  // namespace cocoon::provenance::bundle
