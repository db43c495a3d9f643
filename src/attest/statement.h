#pragma once

#include <string>

#include "base/strong.h"
#include "crypto/keys.h"

namespace cocoon::attest {

enum class AttestError : std::uint16_t {
  kMalformed = 1,      // not the format
  kUnsupported = 2,    // a version, type or platform that this verifier does not know
  kBadSignature = 3,   // quote, QE report or certificate signature
  kUntrustedRoot = 4,  // the chain ends in a root outside the policy
  kBindingMismatch =
      5,  // quote and statement, or statement and configuration, do not belong together
  kImageNotAllowed = 6,  // measurements outside the image list
  kStale = 7,            // statement block too old or unknown
  kWrongNetwork = 8,
  kForbiddenConfig =
      9,               // configuration outside its schema, or an external engine outside the devnet
  kTdAttributes = 10,  // of a TD or an SEV-SNP guest: debug, migratable, … (DESIGN §5)
  kPolicyIncomplete =
      11,  // the policy names no image, root or age, or asks for checks that are not built yet
  kUnknownBlock = 12,    // the statement names a block that the chain does not have
  kWrongRole = 13,       // a statement of another role
  kConfigMismatch = 14,  // the configuration is not the one that the statement names
  kCollateral = 15,      // the vendor's collateral is missing, bad, or another platform's
  kPlatform = 16,        // revoked, or a TDX module or quoting enclave that is not Intel's
  kTcbStatus = 17,       // firmware that is not kept up to date, and no exception for it
  kBanned = 18,          // the policy bans this very machine
  kNoCollateral = 19,    // nothing is known of what the vendor says of this platform model
  kGpu = 20,  // GPUs that are not those of the image's machine, or that NVIDIA's manifests
              // or the policy do not allow
};
constexpr Library library_of(AttestError) { return Library::kAttest; }

enum class Role : std::uint8_t { kWorker = 1, kProxy = 2, kClient = 3, kOwner = 4 };

// What a worker says of itself; the quote vouches for it (docs/formats/statement.md).
struct Statement {
  NetworkId network;
  Role role = Role::kWorker;
  crypto::Ed25519PublicKey identity_key;
  std::uint8_t hpke_suite = 1;
  crypto::X25519PublicKey hpke_key;
  std::uint32_t key_epoch = 0;
  BootId boot_id;
  std::string owner_address;  // text form, empty while there is no market
  SlotId slot_id;
  std::string model_name;
  ModelHash model_hash;
  ConfigHash config_hash;
  Bytes gpu_evidence_digest;  // 32 bytes or empty
  Seqno block_seqno;
  BlockHash block_root_hash;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<Statement> decode(BytesView cbor);
};

// REPORTDATA = SHA-512("cocoon/1 worker\0" ‖ statement)
[[nodiscard]] ByteArray<64> report_data_for(BytesView encoded_statement);
// kid = SHA-256("cocoon/1 kid\0" ‖ statement)
[[nodiscard]] Kid kid_for(BytesView encoded_statement);

}  // namespace cocoon::attest
