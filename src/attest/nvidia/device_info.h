#pragma once

#include "attest/nvidia/report.h"

namespace cocoon::attest::nvidia {

// The report's opaque data: fields of type u16, length u16, value. Each at most once; types that
// are not judged are passed over.
[[nodiscard]] Result<DeviceInfo> parse_device_info(BytesView opaque);

}  // namespace cocoon::attest::nvidia
