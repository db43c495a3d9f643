#pragma once

#include "ton/tl/tl.h"

namespace cocoon::ton {

using FileHash = Hash256<struct FileHashTag>;  // SHA-256 of a block's bag of cells
using AccountId = Hash256<struct AccountIdTag>;

inline constexpr std::int32_t kMasterchain = -1;
inline constexpr std::int32_t kBasechain = 0;
// The shard that is all of a workchain: prefix of no bits, then the marker bit.
inline constexpr std::uint64_t kWholeShard = std::uint64_t{1} << 63U;

// tonNode.blockIdExt workchain:int shard:long seqno:int root_hash:int256 file_hash:int256 =
// tonNode.BlockIdExt
struct BlockId {
  std::int32_t workchain = 0;
  std::uint64_t shard = 0;
  std::uint32_t seqno = 0;
  CellHash root_hash;
  FileHash file_hash;
  [[nodiscard]] bool is_masterchain() const {
    return workchain == kMasterchain && shard == kWholeShard;
  }
  bool operator==(const BlockId&) const = default;
};
[[nodiscard]] Result<BlockId> read_block_id(TlReader& reader);
void write_block_id(TlWriter& writer, const BlockId& id);

}  // namespace cocoon::ton
