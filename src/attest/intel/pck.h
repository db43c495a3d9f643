#pragma once

#include <array>
#include <optional>

#include "attest/intel/quote.h"
#include "crypto/certificate.h"

namespace cocoon::attest::intel {

// What Intel says of a machine in the SGX extension of its PCK certificate (Intel SGX PCK
// Certificate and CRL Profile, OID 1.2.840.113741.1.13.1).
struct PckInfo {
  ByteArray<16> ppid{};  // names the platform
  std::array<std::uint8_t, 16> component_svn{};
  std::uint16_t pce_svn = 0;
  ByteArray<16> cpu_svn{};
  ByteArray<2> pce_id{};
  ByteArray<6> fmspc{};
  std::uint8_t sgx_type = 0;
  std::optional<ByteArray<16>> platform_instance_id;
};

// kMalformed if the extension is absent, incomplete, repeats a field or has one that the profile
// does not know.
[[nodiscard]] Result<PckInfo> read_pck_info(const crypto::Certificate& leaf);
// The platform model that the quote's own certificates name, unverified; none if they cannot be
// read.
[[nodiscard]] std::optional<ByteArray<6>> fmspc_of(const UnverifiedQuote& quote);

}  // namespace cocoon::attest::intel
