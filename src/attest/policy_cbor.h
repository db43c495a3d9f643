#pragma once

#include "attest/policy.h"

namespace cocoon::attest {

inline constexpr std::size_t kPolicyCborBytesMax = std::size_t{8} * 1024 * 1024;

// The policy's canonical encoding, of which its hash is made (docs/formats/policy.md):
// deterministic CBOR in which the order of the policy's lists does not show.
[[nodiscard]] Bytes encode_policy(const Policy& policy);
// kMalformed for anything but what encode_policy() writes, and for an exception that may not be
// named.
[[nodiscard]] Result<Policy> decode_policy(BytesView cbor);

}  // namespace cocoon::attest
