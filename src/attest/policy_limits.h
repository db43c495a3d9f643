#pragma once

#include <cstddef>

// How much a policy may hold, wherever it is read from (docs/formats/policy.md).
namespace cocoon::attest {

inline constexpr std::size_t kPolicyImagesMax = 1024;  // and as many of SEV-SNP guests
inline constexpr std::size_t kPolicyRootsMax = 64;     // of each vendor
inline constexpr std::size_t kPolicyExceptionsMax = 64;
inline constexpr std::size_t kPolicyTrustedBlocksMax = 256;
inline constexpr std::size_t kPolicyBansMax = 65'536;
inline constexpr std::size_t kPolicyGoldenKeysMax = 16;
inline constexpr std::size_t kPolicyGpuVersionsMax = 256;  // of drivers, and as many of VBIOSes

}  // namespace cocoon::attest
