#pragma once

#include <string>
#include <string_view>

#include "crypto/certificate.h"

namespace cocoon::attest::intel {

// Whether a certificate carries the name of its place under this root. Intel's have exact names,
// "Intel SGX Root CA"; those of a development root end alike, "… SGX Root CA".
[[nodiscard]] bool has_role_name(const std::string& common_name, std::string_view role,
                                 const crypto::CertificateFingerprint& root);
inline constexpr std::string_view kRoleRoot = "SGX Root CA";
inline constexpr std::string_view kRolePlatformCa = "SGX PCK Platform CA";
inline constexpr std::string_view kRoleProcessorCa = "SGX PCK Processor CA";
inline constexpr std::string_view kRolePck = "SGX PCK Certificate";
inline constexpr std::string_view kRoleTcbSigning = "SGX TCB Signing";

}  // namespace cocoon::attest::intel
