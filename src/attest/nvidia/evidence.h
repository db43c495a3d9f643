#pragma once

#include "attest/nvidia/verify.h"

namespace cocoon::attest::nvidia {

inline constexpr std::size_t kGpusMax = 16;
inline constexpr std::size_t kGpuEvidenceBytesMax = 192 * 1024;

// What a worker hands out of one of its GPUs.
struct GpuEvidence {
  Bytes report;                         // request ‖ response
  std::vector<Bytes> certificates_der;  // five, leaf first
};

// The `gpu_evidence` of an evidence bundle (docs/formats/gpu-evidence.md): one to sixteen GPUs.
[[nodiscard]] Bytes encode_gpu_evidence(const std::vector<GpuEvidence>& gpus);
[[nodiscard]] Result<std::vector<GpuEvidence>> decode_gpu_evidence(BytesView cbor);

struct JudgedGpu {
  GpuId id;
  std::string model;
  std::string driver_version;
  std::string vbios_version;
};

// Judges all of a worker's GPUs: each in order by verify_gpu_chain(), verify_gpu_report() and
// check_gpu(), and no two the same chip (kMalformed).
[[nodiscard]] Result<std::vector<JudgedGpu>> verify_gpu_evidence(
    BytesView cbor, const ByteArray<32>& nonce, const GpuPolicy& policy,
    std::span<const crypto::Sha256Digest> roots, UnixSeconds at, GpuChainCache& cache);

}  // namespace cocoon::attest::nvidia
