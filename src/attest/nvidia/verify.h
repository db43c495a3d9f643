#pragma once

#include "attest/nvidia/chain.h"
#include "attest/nvidia/golden.h"
#include "attest/nvidia/gpu_policy.h"
#include "attest/nvidia/report.h"

namespace cocoon::attest::nvidia {

// A report that a genuine GPU's firmware signed. What it measures is not judged yet.
class VerifiedGpuReport {
 public:
  [[nodiscard]] const UnverifiedGpuReport& report() const { return report_; }
  [[nodiscard]] const VerifiedGpuChain& chain() const { return chain_; }

 private:
  VerifiedGpuReport(UnverifiedGpuReport report, VerifiedGpuChain chain)
      : report_(std::move(report)), chain_(std::move(chain)) {}
  friend Result<VerifiedGpuReport> verify_gpu_report(UnverifiedGpuReport, const VerifiedGpuChain&,
                                                     UnixSeconds);
  UnverifiedGpuReport report_;
  VerifiedGpuChain chain_;
};

// Checks that the chain is valid at `at` and its key signed request and response (kBadSignature),
// and that the FWID, if the report states one, is the certificate's (kFirmwareMismatch).
[[nodiscard]] Result<VerifiedGpuReport> verify_gpu_report(UnverifiedGpuReport report,
                                                          const VerifiedGpuChain& chain,
                                                          UnixSeconds at);

// SHA-256("cocoon/1 gpu\0" ‖ identity key ‖ block root hash): what a worker asks its GPUs with.
[[nodiscard]] ByteArray<32> gpu_nonce(const crypto::Ed25519PublicKey& identity_key,
                                      const BlockHash& block_root_hash);

// kMode unless the device is a single confidential GPU that states its firmware: no switch, no
// protected-PCIe group.
[[nodiscard]] Status check_gpu_mode(const DeviceInfo& device);

// In this order: the request has `nonce` (kBindingMismatch); check_gpu_mode(); the policy names
// driver and VBIOS (kVersion); the golden set knows both (kNoGolden) and allows every measurement
// (kMeasurementMismatch).
[[nodiscard]] Status check_gpu(const VerifiedGpuReport& report, const ByteArray<32>& nonce,
                               const GoldenSet& golden, const GpuPolicy& policy);

}  // namespace cocoon::attest::nvidia
