#pragma once

#include <vector>

#include "attest/nvidia/evidence.h"

namespace cocoon::attest::nvidia {

inline constexpr std::size_t kEvidenceListBytesMax = 512 * 1024;

// What NVIDIA's attestation tools hand out of a machine's GPUs: a JSON list of one to sixteen
// objects, whose "evidence" is base64 of a report and "certificate" base64 of PEM, five
// certificates, leaf first; other members are let be. kMalformed for anything else. Nothing is
// verified.
[[nodiscard]] Result<std::vector<GpuEvidence>> parse_evidence_list(BytesView json);

}  // namespace cocoon::attest::nvidia
