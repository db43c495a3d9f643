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

// Golden measurements as they travel: whoever brings them need not be trusted.
struct SignedGolden {
  Bytes json;
  crypto::Ed25519Signature signature;
};

// The `gpu_evidence` of an evidence bundle (docs/formats/gpu-evidence.md).
struct WorkerGpus {
  std::vector<GpuEvidence> gpus;  // one to sixteen
  SignedGolden golden;            // for the drivers and VBIOSes of these GPUs

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<WorkerGpus> decode(BytesView cbor);
};
// Whether these bytes begin as WorkerGpus::encode() writes.
[[nodiscard]] bool looks_like_gpu_evidence(BytesView bytes);

struct JudgedGpu {
  GpuId id;
  std::string model;
  std::string driver_version;
  std::string vbios_version;
  UnixSeconds valid_until;  // the last second of its certificates
};

// Judges all of a worker's GPUs: the golden measurements are signed by a key of the policy
// (kNoGolden if it has none, kBadSignature); each GPU in order by verify_gpu_chain(),
// verify_gpu_report() and check_gpu(); no two the same chip (kMalformed).
[[nodiscard]] Result<std::vector<JudgedGpu>> verify_gpu_evidence(BytesView cbor,
                                                                 const ByteArray<32>& nonce,
                                                                 const GpuPolicy& policy,
                                                                 UnixSeconds at,
                                                                 GpuChainCache& cache);

}  // namespace cocoon::attest::nvidia
