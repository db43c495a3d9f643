#pragma once

#include <filesystem>

#include "tdxsim/gpu.h"
#include "tdxsim/snp_platform.h"

namespace cocoon::apps {

// Devices beside the TDX machine in the same folder, which SimState holds meanwhile:
//   snp.cbor            an EPYC's key and certificates, mode 0600
//   snp-root.der, snp-root.sha256, snp-measurement.hex   its root, and what its guest measures
[[nodiscard]] Result<tdxsim::SnpPlatform> open_snp(const std::filesystem::path& folder,
                                                   const tdxsim::Platform::FillRandom& random,
                                                   UnixSeconds now, attest::amd::Product product);

//   gpu.cbor, golden-key.cbor   a GPU's key and certificates, and the key that vouches for golden
//                               measurements, mode 0600
//   gpu-root.der, gpu-root.sha256, golden.json, golden.json.sig, golden-key.hex
//                       its root, the golden measurements that match it, and who vouches for them
struct SimGpu {
  tdxsim::SimulatedGpu gpu;
  crypto::Ed25519KeyPair golden_key;
};
[[nodiscard]] Result<SimGpu> open_gpu(const std::filesystem::path& folder,
                                      const tdxsim::Platform::FillRandom& random, UnixSeconds now);

}  // namespace cocoon::apps
