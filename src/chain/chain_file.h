#pragma once

#include <string>
#include <vector>

#include "chain/error.h"
#include "ports/world.h"

namespace cocoon::chain {

inline constexpr std::size_t kChainFileBytesMax = 512 * 1024;

// What a chain file says (docs/formats/chain-file.md): either the blocks themselves, oldest first,
// or that everyone derives the devnet's blocks from the clock.
struct ChainFile {
  enum class Source : std::uint8_t { kBlocks, kDevnetClock };
  Source source = Source::kBlocks;
  std::vector<ports::Block>
      blocks;  // kBlocks: at least one, numbers strictly rising, times not falling
};

// kForbidden unless the file's network is the devnet; kMalformed, with the key, outside the closed
// schema.
[[nodiscard]] Result<ChainFile> parse_chain_file(BytesView toml);
[[nodiscard]] std::string write_chain_file(const std::vector<ports::Block>& blocks);
// The file that needs no updates.
[[nodiscard]] std::string write_clock_chain_file();

}  // namespace cocoon::chain
