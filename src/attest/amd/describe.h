#pragma once

#include "attest/amd/report.h"
#include "codec/json.h"

namespace cocoon::attest::amd {

// What a report says, for people and programs; nothing in it is verified. TCB versions are given as
// the report's eight bytes, since only the key's certificate tells which product they are of.
[[nodiscard]] codec::Json describe_report(const UnverifiedReport& report);

}  // namespace cocoon::attest::amd
