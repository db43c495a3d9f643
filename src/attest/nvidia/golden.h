#pragma once

#include <map>
#include <string>
#include <vector>

#include "attest/nvidia/report.h"
#include "crypto/keys.h"

namespace cocoon::attest::nvidia {

inline constexpr std::size_t kGoldenBytesMax = 4 * 1024 * 1024;

// What one driver or VBIOS may measure, from NVIDIA's signed manifest (RIM).
struct GoldenManifest {
  enum class Kind : std::uint8_t { kDriver = 1, kVbios = 2 };
  Kind kind = Kind::kDriver;
  std::string id;       // see driver_manifest_id() and vbios_manifest_id()
  std::string version;  // as the device states it
  // By the manifest's index, which counts from 0 where reports count from 1: any of these digests.
  std::map<std::uint16_t, std::vector<crypto::Sha384Digest>> measurements;
};

// A set of manifests whose signature was checked.
class GoldenSet {
 public:
  // Reads docs/formats/gpu-golden.md. kBadSignature unless `key` signed exactly these bytes;
  // kMalformed for anything outside the closed schema.
  [[nodiscard]] static Result<GoldenSet> open(BytesView json,
                                              const crypto::Ed25519Signature& signature,
                                              const crypto::Ed25519PublicKey& key);
  [[nodiscard]] const GoldenManifest* find(GoldenManifest::Kind kind, std::string_view id) const;
  [[nodiscard]] std::size_t size() const { return manifests_.size(); }

 private:
  GoldenSet() = default;
  std::map<std::pair<GoldenManifest::Kind, std::string>, GoldenManifest> manifests_;
};

// What is signed: "cocoon/1 gpu golden\0" ‖ the file's bytes.
[[nodiscard]] Bytes golden_signing_input(BytesView json);

// NVIDIA's names for its manifests: "NV_GPU_DRIVER_GH100_535.86.09" of Hopper,
// "NV_GPU_CC_DRIVER_GB100_575.32" of later models, and "NV_GPU_VBIOS_1010_0200_882_96005E0001".
[[nodiscard]] std::string driver_manifest_id(std::string_view model, const DeviceInfo& device);
[[nodiscard]] std::string vbios_manifest_id(const DeviceInfo& device);

// Compares the report with both manifests, whose indices must not overlap: each index that they
// list must be measured with one of its digests. Index 35 is passed over while the device's first
// video decoder is disabled. kMeasurementMismatch names the index; kMalformed if the manifests
// overlap.
[[nodiscard]] Status compare_measurements(const UnverifiedGpuReport& report,
                                          const GoldenManifest& driver,
                                          const GoldenManifest& vbios);
// The same with one of them.
[[nodiscard]] Status compare_manifest(const UnverifiedGpuReport& report,
                                      const GoldenManifest& manifest);

}  // namespace cocoon::attest::nvidia
