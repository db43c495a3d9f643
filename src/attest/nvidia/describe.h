#pragma once

#include "attest/nvidia/report.h"
#include "codec/json.h"

namespace cocoon::attest::nvidia {

// What a report says, for people and programs; nothing in it is verified.
[[nodiscard]] codec::Json describe_gpu_report(const UnverifiedGpuReport& report);

}  // namespace cocoon::attest::nvidia
