#pragma once

#include <string>

#include "attest/policy.h"
#include "codec/toml_table.h"

namespace cocoon::attest {

// Takes from an [attestation] table what a policy says of platforms (docs/formats/policy.md):
// roots, evaluation_number_min, banned_platforms, exceptions. Leaves the table's other keys.
[[nodiscard]] Status read_platform_terms(codec::TomlTable& attestation, Policy& policy);
// The same keys, one a line, without a table header; tables of exceptions come last.
[[nodiscard]] std::string write_platform_terms(const Policy& policy);

// The images of a document's [[images]].
[[nodiscard]] Result<std::vector<Image>> read_images(codec::TomlTable& root);

// A policy as a document of its own, for any network: network, [attestation], [[images]]. Refuses
// unknown keys.
[[nodiscard]] Result<Policy> parse_policy_toml(BytesView toml);

}  // namespace cocoon::attest
