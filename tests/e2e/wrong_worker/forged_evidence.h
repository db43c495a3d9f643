#pragma once

#include <optional>
#include <string_view>

#include "attest/evidence.h"
#include "attest/trusted_block.h"
#include "tdxsim/gpu.h"
#include "tdxsim/platform.h"
#include "tdxsim/snp_platform.h"

namespace cocoon::e2e {

// What is wrong with the evidence; everything else about it is in order.
enum class Flaw {
  kNone,            // nothing: shows that it is the flaw that is refused
  kConfigByte,      // one byte of the configuration differs from what was measured
  kConfigKey,       // a measured configuration with a setting that verifiers do not know
  kOtherStatement,  // the quote vouches for another statement, with another key
  kOtherIdentity,   // another worker's evidence, replayed
  kOtherKid,        // evidence under a name that is not its own
  kQuoteByte,       // one byte of the quote's body was changed after it was signed
  kReportData,      // REPORTDATA off by one bit
  kModelHash,       // a model that no registry lists
  kImage,           // an image of other measurements
  kRoot,            // a machine under another root
  kDebug,           // a TD in debug mode
  kOldBlock,        // a block of three hours ago
  kUnknownBlock,    // a block that the chain does not have
  kFutureBlock,     // a block that the chain does not have yet
  kTrustedBlock,    // a configuration that proves the chain from another block than the registry's
  kNetwork,         // another network, with an engine outside the TD
  kConfigNetwork,   // a configuration for another network, with an engine outside the TD
  kRole,            // a statement of another role
  kGarbage,         // no evidence at all
  kGpu,             // nothing: a machine with a GPU
  kGpuOtherKey,     // a GPU that answered another worker
  kGpuMissing,      // a machine with a GPU that it does not show
  kGpuTooMany,      // a GPU in a machine of a shape without
  kSnp,             // nothing: the evidence of an SEV-SNP guest
};
[[nodiscard]] std::optional<Flaw> parse_flaw(std::string_view name);

// A masterchain block as statements name it.
struct NamedBlock {
  Seqno seqno;
  BlockHash root_hash;
};

struct GpuClaims {
  tdxsim::SimulatedGpu gpu;
  crypto::Ed25519KeyPair golden_key;
};

struct Claims {
  tdxsim::Platform platform;
  std::optional<GpuClaims> gpu;
  std::optional<tdxsim::SnpPlatform> snp;
  std::string model_name;
  ModelHash model_hash;
  crypto::Ed25519PublicKey identity_key;
  attest::TrustedBlock trusted;  // of the configuration
  NamedBlock block;              // the newest that statements may name
  NamedBlock old_block;          // one of three hours ago
};

struct ForgedEvidence {
  Kid kid;
  ModelHash model_hash;
  Bytes encoded;
  Bytes collateral;  // of the platform
};
[[nodiscard]] Result<ForgedEvidence> forge(const Claims& claims, Flaw flaw);

// Another worker's evidence, whose quote became another by its signature's s.
[[nodiscard]] Result<ForgedEvidence> malleate(BytesView evidence, const Claims& claims);

}  // namespace cocoon::e2e
