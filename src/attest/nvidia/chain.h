#pragma once

#include <optional>
#include <span>
#include <vector>

#include "attest/nvidia/error.h"
#include "base/recent_map.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace cocoon::attest::nvidia {

// SHA-256 of the DER of "NVIDIA Device Identity CA": outside the devnet the only root that counts.
[[nodiscard]] const crypto::Sha256Digest& nvidia_root();

// Names a chip whatever its firmware: SHA-256 of the key burnt into it.
using GpuId = TaggedBytes<struct GpuIdTag, 32>;

// A GPU's attestation key whose certificates lead to a root that the caller trusts.
class VerifiedGpuChain {
 public:
  [[nodiscard]] const crypto::P384Verifier& key() const { return key_; }
  // The measurement of the firmware that has the key, as the chip certified it.
  [[nodiscard]] const crypto::Sha384Digest& fwid() const { return fwid_; }
  [[nodiscard]] const GpuId& gpu_id() const { return gpu_id_; }
  [[nodiscard]] const std::string& model() const { return model_; }  // "GH100"
  [[nodiscard]] const crypto::Sha256Digest& root() const { return root_; }
  // Whether every certificate of the chain is valid then.
  [[nodiscard]] bool is_valid_at(UnixSeconds at) const {
    return not_before_ <= at && at <= not_after_;
  }
  [[nodiscard]] UnixSeconds valid_until() const { return not_after_; }

 private:
  explicit VerifiedGpuChain(crypto::P384Verifier key) : key_(std::move(key)) {}
  friend Result<VerifiedGpuChain> verify_gpu_chain(const std::vector<crypto::Certificate>&,
                                                   std::span<const crypto::Sha256Digest>,
                                                   UnixSeconds);
  crypto::P384Verifier key_;
  crypto::Sha384Digest fwid_{};
  GpuId gpu_id_;
  std::string model_;
  crypto::Sha256Digest root_{};
  UnixSeconds not_before_;
  UnixSeconds not_after_;
};

// Checks, in this order: exactly five certificates (kMalformed): the firmware's key, the chip's,
// two of its provisioning, a root; the root is one of `roots` (kUntrustedRoot); signatures and
// validity (kBadSignature); the leaf's P-384 key and its DICE extension (kMalformed).
[[nodiscard]] Result<VerifiedGpuChain> verify_gpu_chain(
    const std::vector<crypto::Certificate>& leaf_first, std::span<const crypto::Sha256Digest> roots,
    UnixSeconds at);

// Chains that were verified before, by their bytes: a warm GPU costs one signature. The chain's
// validity at `at` and its root are looked at every time. Keeps at most `size_max`.
class GpuChainCache {
 public:
  explicit GpuChainCache(std::size_t size_max) : chains_(size_max) {}

  // As verify_gpu_chain(), of DER certificates.
  [[nodiscard]] Result<VerifiedGpuChain> verify(std::span<const Bytes> leaf_first_der,
                                                std::span<const crypto::Sha256Digest> roots,
                                                UnixSeconds at);

 private:
  RecentMap<crypto::Sha256Digest, VerifiedGpuChain> chains_;
};

}  // namespace cocoon::attest::nvidia
