#pragma once

#include <string>

#include "chain/error.h"
#include "registry/snapshot.h"

namespace cocoon::chain {

inline constexpr std::size_t kRegistryFileBytesMax = 1024 * 1024;

// A registry as a file (docs/formats/registry-file.md). kForbidden unless the file's network is the
// devnet; kMalformed, with the key, outside the closed schema.
[[nodiscard]] Result<registry::Snapshot> parse_registry_toml(BytesView toml);
[[nodiscard]] std::string write_registry_toml(const registry::Snapshot& snapshot);

}  // namespace cocoon::chain
