#pragma once

#include <string>

#include "attest/policy.h"
#include "codec/toml_table.h"

namespace cocoon::attest {

// Takes from an [attestation] table what a policy says of platforms (docs/formats/policy.md):
// roots, evaluation_number_min, banned_platforms, exceptions, gpu, snp. Leaves the table's other
// keys.
[[nodiscard]] Status read_platform_terms(codec::TomlTable& attestation, Policy& policy);
// The same keys, one a line, without a table header; tables of exceptions come last.
[[nodiscard]] std::string write_platform_terms(const Policy& policy);

// Takes a document's [[images]] and [[snp_images]].
[[nodiscard]] Status read_images(codec::TomlTable& root, Policy& policy);
// The same, with their headers.
[[nodiscard]] std::string write_images(const Policy& policy);

// A policy as a document of its own, for any network: network, [attestation], [[images]],
// [[snp_images]]. Refuses unknown keys.
[[nodiscard]] Result<Policy> parse_policy_toml(BytesView toml);

}  // namespace cocoon::attest
