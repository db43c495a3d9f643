#include "attest/nvidia/verify.h"

#include <algorithm>

namespace cocoon::attest::nvidia {
namespace {

// A group over protected PCIe shares plaintext; values that nobody has explained may as well.
bool is_confidential(DeviceInfo::Passthrough how) {
  return how == DeviceInfo::Passthrough::kMultiple || how == DeviceInfo::Passthrough::kSingle;
}

bool names(const std::vector<std::string>& versions, const std::string& version) {
  return std::ranges::find(versions, version) != versions.end();
}

}  // namespace

Status check_gpu_mode(const DeviceInfo& device) {
  const auto refused = [](const char* why) { return fail(NvidiaError::kMode, why); };
  if (device.driver_version.empty()) return refused("the device is not a GPU");
  switch (device.protected_pcie) {
    case DeviceInfo::ProtectedPcie::kUnstated:
    case DeviceInfo::ProtectedPcie::kOff:
      break;
    case DeviceInfo::ProtectedPcie::kOn:
      return refused("the GPU shares plaintext with others over NVLink (protected PCIe)");
  }
  if (device.passthrough && !is_confidential(*device.passthrough)) {
    return refused("the GPU is passed through in another mode than the confidential ones");
  }
  if (!device.fwid) return refused("the driver is too old to state the GPU's firmware");
  return {};
}

Result<VerifiedGpuReport> verify_gpu_report(UnverifiedGpuReport report,
                                            const VerifiedGpuChain& chain, UnixSeconds at) {
  if (!chain.is_valid_at(at)) {
    return fail(NvidiaError::kBadSignature, "GPU certificates: certificate outside its validity");
  }
  if (const Status signature = chain.key().verify(report.signed_part(), report.signature());
      !signature.has_value()) {
    return fail(NvidiaError::kBadSignature, "GPU report: " + signature.error().message());
  }
  const std::optional<crypto::Sha384Digest>& fwid = report.device().fwid;
  if (fwid.has_value() && *fwid != chain.fwid()) {
    return fail(NvidiaError::kFirmwareMismatch,
                "the GPU's firmware is not the one that its certificate names");
  }
  return VerifiedGpuReport(std::move(report), chain);
}

ByteArray<32> gpu_nonce(const crypto::Ed25519PublicKey& identity_key,
                        const BlockHash& block_root_hash) {
  return crypto::sha256({label("cocoon/1 gpu"), identity_key.view(), block_root_hash.view()});
}

Status check_gpu(const VerifiedGpuReport& report, const ByteArray<32>& nonce,
                 const GoldenSet& golden, const GpuPolicy& policy) {
  if (report.report().request_nonce() != nonce) {
    return fail(NvidiaError::kBindingMismatch,
                "the GPU's evidence was made for another worker or block");
  }
  const DeviceInfo& device = report.report().device();
  TRY_VOID(check_gpu_mode(device));
  if (!names(policy.driver_versions, device.driver_version)) {
    return fail(NvidiaError::kVersion,
                "the policy does not name the GPU's driver, " + device.driver_version);
  }
  if (!names(policy.vbios_versions, device.vbios_version)) {
    return fail(NvidiaError::kVersion,
                "the policy does not name the GPU's VBIOS, " + device.vbios_version);
  }
  const std::string driver_id = driver_manifest_id(report.chain().model(), device);
  const std::string vbios_id = vbios_manifest_id(device);
  const GoldenManifest* const driver = golden.find(GoldenManifest::Kind::kDriver, driver_id);
  const GoldenManifest* const vbios = golden.find(GoldenManifest::Kind::kVbios, vbios_id);
  if (driver == nullptr || vbios == nullptr) {
    return fail(NvidiaError::kNoGolden,
                "no golden measurements for " + (driver == nullptr ? driver_id : vbios_id));
  }
  return compare_measurements(report.report(), *driver, *vbios);
}

}  // namespace cocoon::attest::nvidia
