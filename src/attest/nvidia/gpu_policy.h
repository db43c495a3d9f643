#pragma once

#include <string>
#include <vector>

#include "crypto/hash.h"
#include "crypto/keys.h"

namespace cocoon::attest::nvidia {

// Which GPUs may be a worker's, as a value. Any list that is empty accepts nothing.
struct GpuPolicy {
  std::vector<crypto::Sha256Digest> roots;  // of the GPUs' certificates
  // Who may vouch for golden measurements (docs/formats/gpu-golden.md).
  std::vector<crypto::Ed25519PublicKey> golden_keys;
  // As devices state them: "550.90.07", "96.00.5E.00.01". A manifest of NVIDIA's stays signed when
  // what it describes has a hole.
  std::vector<std::string> driver_versions;
  std::vector<std::string> vbios_versions;

  bool operator==(const GpuPolicy&) const = default;
};

}  // namespace cocoon::attest::nvidia
