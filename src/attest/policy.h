#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "attest/amd/guest_policy.h"
#include "attest/intel/tcb_status.h"
#include "attest/nvidia/gpu_policy.h"
#include "attest/trusted_block.h"
#include "base/strong.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace cocoon::attest {

// How many GPUs a worker on a shape of machine has to prove, neither fewer nor more, and of which
// model, as its certificates say ("GH100"; empty without a GPU).
struct ShapeGpus {
  std::uint32_t count = 0;
  std::string model;
};

// A shape of machine that an image may run on: RTMR0 measures the virtual hardware, XFAM says which
// extended CPU features it has (8 bytes in the quote's order).
struct MachineShape {
  std::string name;
  crypto::Sha384Digest rtmr0{};
  ByteArray<8> xfam{};
  ShapeGpus gpus;
};

// A worker image that may hold prompts: MRTD, RTMR1, RTMR2 and the machines it may run on.
struct Image {
  std::string name;
  crypto::Sha384Digest mrtd{};
  crypto::Sha384Digest rtmr1{};
  crypto::Sha384Digest rtmr2{};
  std::vector<MachineShape> shapes;
};

// The same for SEV-SNP, where one MEASUREMENT covers image and virtual hardware.
struct SnpShape {
  std::string name;
  crypto::Sha384Digest measurement{};
  ShapeGpus gpus;
};
struct SnpImage {
  std::string name;
  std::vector<SnpShape> shapes;
};

// What an image on a machine is called in receipts: SHA-256("cocoon/1 image\0" ‖ MRTD ‖ RTMR0 ‖
// RTMR1 ‖ RTMR2) (docs/formats/image.md).
[[nodiscard]] ImageHash image_hash_of(const Image& image, const MachineShape& shape);
// SHA-256("cocoon/1 snp image\0" ‖ MEASUREMENT).
[[nodiscard]] ImageHash image_hash_of(const SnpShape& shape);

// SHA-256 of the DER of a root certificate that quotes may lead to.
using RootFingerprint = crypto::CertificateFingerprint;

// Until a day, a status that is not UpToDate counts as if it were, for platforms that no advisories
// but these concern. Governance's answer to firmware that clouds roll out slowly.
struct StatusException {
  intel::TcbStatus status = intel::TcbStatus::kOutOfDate;
  std::vector<std::string> advisories;
  UnixSeconds until;  // still included
};

// Which SEV-SNP guests may be workers; without a root or a firmware floor none of a product.
struct SnpPolicy {
  std::vector<crypto::Sha256Digest> roots;  // ARKs; outside the devnet only AMD's own count
  amd::GuestPolicy guests;
};

// What verification accepts, as a value. An empty one accepts nothing.
struct Policy {
  NetworkId network;
  std::vector<Image> images;
  // Roots the registry names. Outside the devnet only those also compiled into the verifier count.
  std::vector<RootFingerprint> roots;
  std::vector<StatusException> exceptions;
  nvidia::GpuPolicy gpus;
  SnpPolicy snp;
  std::vector<SnpImage> snp_images;
  // Machines and GPUs that are refused whatever they prove, by PPID, CHIP_ID or GPU id.
  std::vector<Bytes> banned_platforms;
  // Collateral with a lower tcbEvaluationDataNumber is refused.
  std::uint32_t evaluation_number_min = 0;
  // Blocks that a worker's configuration may prove the chain from: any other is a chain of its
  // host's making.
  std::vector<TrustedBlock> trusted_blocks;
  std::chrono::seconds statement_age_max{0};  // key_epoch + grace; 0 refuses everything

  [[nodiscard]] bool bans(BytesView platform_id) const;
  [[nodiscard]] bool trusts(const TrustedBlock& block) const;
  // The last second up to which an exception covers this status and all of these advisories;
  // nothing if none does at this time.
  [[nodiscard]] std::optional<UnixSeconds> tolerated_until(
      intel::TcbStatus status, const std::vector<std::string>& advisories, UnixSeconds at) const;
  // SHA-256 over the policy's canonical encoding: verdicts are cached and recomputed by it.
  [[nodiscard]] PolicyHash hash() const;
};

}  // namespace cocoon::attest
