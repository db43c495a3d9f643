#pragma once

#include "base/bytes.h"

namespace cocoon::tdxsim {

inline constexpr const char* kSgxExtensionOid = "1.2.840.113741.1.13.1";

// The SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile) for a platform
// of this id.
[[nodiscard]] Bytes sgx_extension(const ByteArray<16>& ppid);

}  // namespace cocoon::tdxsim
