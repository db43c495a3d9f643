#pragma once

#include <filesystem>
#include <vector>

#include "chain/error.h"
#include "ton/tl/block_id.h"

// Where a light client keeps how far it has proven (docs/formats/ton.md, "Anchor file").
namespace cocoon::chain {

inline constexpr std::size_t kKeyBlocksKept = 64;

// The key blocks proven last, oldest first, that follow from the trusted block. Nothing if there is
// no file, or one of another trusted block; a file that cannot be read as one is refused rather
// than begun anew.
[[nodiscard]] Result<std::vector<ton::BlockId>> load_anchors(const std::filesystem::path& file,
                                                             const ton::BlockId& trusted);
[[nodiscard]] Status store_anchors(const std::filesystem::path& file, const ton::BlockId& trusted,
                                   const std::vector<ton::BlockId>& key_blocks);

}  // namespace cocoon::chain
