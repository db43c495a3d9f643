#pragma once

#include "attest/nvidia/evidence.h"
#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// What healthy ones run.
inline constexpr const char* kGpuDriverVersion = "999.01";
inline constexpr const char* kGpuVbiosVersion = "99.00.01.00.02";

// Deviations from a healthy GPU, for negative tests.
struct GpuOptions {
  std::string driver_version = kGpuDriverVersion;
  std::uint8_t protected_pcie = 0x55;  // off
  std::uint16_t feature_flag = 0;      // how it is passed through
  std::string chip = {};               // stated by Blackwell: "GB100"
  enum class Firmware : std::uint8_t { kCertified, kAnother, kUnstated };
  Firmware firmware = Firmware::kCertified;
  enum class Measurements : std::uint8_t { kGolden, kDriverBent, kVbiosBent };
  Measurements measurements = Measurements::kGolden;
};

// A simulated confidential GPU: its certificates are five as a real one's, under a development root
// whose private key is dropped once it has signed.
class SimulatedGpu {
 public:
  // GH100 and GB100, by their certificates.
  enum class Model : std::uint8_t { kHopper, kBlackwell };
  // Certificates valid for ten years around `now`.
  [[nodiscard]] static Result<SimulatedGpu> create(const Platform::FillRandom& random,
                                                   UnixSeconds now, Model model = Model::kHopper);
  // A private key and the certificates as one secret document, and back.
  [[nodiscard]] SecretBytes save() const;
  [[nodiscard]] static Result<SimulatedGpu> load(BytesView saved);

  [[nodiscard]] const crypto::Certificate& root() const { return chain_.back(); }
  [[nodiscard]] crypto::Sha256Digest root_fingerprint() const;
  // What this GPU answers to a request with this nonce.
  [[nodiscard]] Result<attest::nvidia::GpuEvidence> evidence(const ByteArray<32>& nonce,
                                                             const GpuOptions& options = {}) const;

 private:
  SimulatedGpu(crypto::P384KeyPair key, std::vector<crypto::Certificate> leaf_first)
      : key_(std::move(key)), chain_(std::move(leaf_first)) {}
  crypto::P384KeyPair key_;
  std::vector<crypto::Certificate> chain_;
};

// What NVIDIA's tools would hand out of these GPUs (docs/formats/gpu-evidence.md). Certificates
// that are none are left out.
[[nodiscard]] std::string evidence_list(const std::vector<attest::nvidia::GpuEvidence>& gpus);

// The golden measurements that match every SimulatedGpu, driver and VBIOS, and who vouches for
// them.
[[nodiscard]] std::string simulated_golden_json();
[[nodiscard]] crypto::Ed25519Signature sign_golden(std::string_view json,
                                                   const crypto::Ed25519KeyPair& key);
// These with simulated_golden_json(), for whom this key vouches.
[[nodiscard]] attest::nvidia::WorkerGpus with_golden(std::vector<attest::nvidia::GpuEvidence> gpus,
                                                     const crypto::Ed25519KeyPair& key);

}  // namespace cocoon::tdxsim
