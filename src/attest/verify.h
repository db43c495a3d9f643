#pragma once

#include <optional>
#include <string>

#include "attest/amd/endorsement.h"
#include "attest/collateral_book.h"
#include "attest/evidence.h"
#include "attest/intel/quote_verify.h"
#include "attest/nvidia/chain.h"
#include "attest/nvidia/evidence.h"
#include "attest/policy.h"

namespace cocoon::attest {

// The statement's block as the chain knows it.
struct ProvenBlock {
  Seqno seqno;
  BlockHash root_hash;
  UnixSeconds generated_at;
};

enum class Platform : std::uint8_t { kTdx = 1, kSevSnp = 2 };

// What a verifier that lives on remembers of platforms, within a bound: chains and keys whose
// signatures hold. What they are worth is judged anew each time.
struct PlatformMemory {
  static constexpr std::size_t kRemembered = 1024;  // of each kind

  intel::QuoteVerifier quotes;
  amd::EndorsementCache endorsements{kRemembered};
  nvidia::GpuChainCache gpu_chains{kRemembered};
};

// How long a verdict counts.
struct VerdictTerm {
  // The last second of the first window that ends: of a certificate, of the collateral, of the
  // policy's exception that it needed, or of the statement's age.
  UnixSeconds until;
  // The vendor's collateral that the platform was judged with, where its kind needs one: newer
  // collateral asks for a new verdict.
  std::optional<CollateralDigest> collateral;
};

// A worker whose evidence was accepted. Only verify_evidence() makes one.
class VerifiedWorker {
 public:
  [[nodiscard]] const Kid& kid() const { return kid_; }
  [[nodiscard]] const Statement& statement() const { return statement_; }
  [[nodiscard]] Platform platform() const { return platform_; }
  // Names the physical machine; workers with the same one share a choice (DESIGN §5).
  [[nodiscard]] const Bytes& platform_id() const { return platform_id_; }
  [[nodiscard]] const std::string& image_name() const { return image_name_; }
  [[nodiscard]] const ImageHash& image_hash() const { return image_hash_; }
  [[nodiscard]] bool is_development_root() const { return is_development_root_; }
  [[nodiscard]] const VerdictTerm& term() const { return term_; }
  // Confidential GPUs in the worker's own hands, no chip twice.
  [[nodiscard]] const std::vector<nvidia::JudgedGpu>& gpus() const { return gpus_; }

 private:
  VerifiedWorker() = default;
  friend Result<VerifiedWorker> verify_evidence(const EvidenceBundle&, const CollateralBook&,
                                                const Policy&, const ProvenBlock&, UnixSeconds,
                                                PlatformMemory&);
  Kid kid_;
  Statement statement_;
  Platform platform_ = Platform::kTdx;
  Bytes platform_id_;
  std::string image_name_;
  ImageHash image_hash_;
  bool is_development_root_ = false;
  VerdictTerm term_;
  std::vector<nvidia::JudgedGpu> gpus_;
};

// Judges a bundle against the policy at `now`, with what the book holds of its platform model.
// `block` is the chain's block of the number that the statement names. Checks, in this order, each
// with its own error: statement, network, quote or report with its signatures up to a root of the
// policy, bans, the vendor's judgement of the platform, REPORTDATA, the attributes of TD or guest,
// image list, GPUs, configuration hash and schema, block and age.
[[nodiscard]] Result<VerifiedWorker> verify_evidence(const EvidenceBundle& bundle,
                                                     const CollateralBook& collateral,
                                                     const Policy& policy, const ProvenBlock& block,
                                                     UnixSeconds now);
// The same with what was seen before.
[[nodiscard]] Result<VerifiedWorker> verify_evidence(const EvidenceBundle& bundle,
                                                     const CollateralBook& collateral,
                                                     const Policy& policy, const ProvenBlock& block,
                                                     UnixSeconds now, PlatformMemory& memory);

}  // namespace cocoon::attest
