#pragma once

#include "base/bytes.h"

namespace cocoon::tdxsim {

inline constexpr const char* kSgxExtensionOid = "1.2.840.113741.1.13.1";

// The platform model that the simulator stands for.
inline constexpr ByteArray<6> kFmspc{std::byte{0xc0}, std::byte{0xc0}, std::byte{0x00},
                                     std::byte{0x00}, std::byte{0x00}, std::byte{0x01}};

// The SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile) for a platform
// of this id.
[[nodiscard]] Bytes sgx_extension(const ByteArray<16>& ppid);

}  // namespace cocoon::tdxsim
