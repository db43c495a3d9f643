#pragma once

#include <filesystem>
#include <optional>

#include "base/strong.h"
#include "chain/error.h"
#include "ton/block/address.h"

// Where a role keeps how new the registry is that it has seen (docs/formats/registry.md, "Floor
// file").
namespace cocoon::chain {

// The masterchain block from which the registry at this address was proven; nothing if there is no
// file, or one of another registry. A file that cannot be read as one is refused.
[[nodiscard]] Result<std::optional<Seqno>> load_registry_floor(const std::filesystem::path& file,
                                                               const ton::Address& address);
[[nodiscard]] Status store_registry_floor(const std::filesystem::path& file,
                                          const ton::Address& address, Seqno seqno);

}  // namespace cocoon::chain
