#pragma once

#include "attest/checks.h"
#include "attest/nvidia/chain.h"

namespace cocoon::attest {

// The GPUs of a machine of the image's shape. kBindingMismatch if the bundle's GPU evidence is not
// the statement's, or was made for another identity key or block; kGpu if there are other GPUs than
// the shape has, or one is not as NVIDIA's manifests and the policy want it; kBanned if the policy
// bans one; kUntrustedRoot, kBadSignature, kMalformed and kUnsupported of what is signed.
[[nodiscard]] Result<std::vector<nvidia::JudgedGpu>> check_gpus(
    const EvidenceBundle& bundle, const Statement& statement, const ImageMatch& image,
    const Policy& policy, UnixSeconds now, nvidia::GpuChainCache& known);

}  // namespace cocoon::attest
