#pragma once

#include "ton/cell/hashmap.h"
#include "ton/tl/block_id.h"

namespace cocoon::ton {

// shard_ident$00 shard_pfx_bits:(#<= 60) workchain_id:int32 shard_prefix:uint64 = ShardIdent
struct ShardIdent {
  std::int32_t workchain = 0;
  std::uint64_t shard = 0;  // the prefix with its marker bit behind it
  bool operator==(const ShardIdent&) const = default;
};
[[nodiscard]] Result<ShardIdent> load_shard_ident(Slice& slice);
// Whether an account of this workchain and first 64 bits lives in the shard.
[[nodiscard]] bool shard_contains(const ShardIdent& shard, std::int32_t workchain,
                                  const AccountId& account);

// block_info#9bc7a987, as far as a light client reads it.
struct BlockInfo {
  bool is_key_block = false;
  std::uint32_t seqno = 0;
  ShardIdent shard;
  UnixSeconds generated_at;
  std::uint64_t end_lt = 0;
  std::uint32_t validator_set_hash = 0;  // gen_validator_list_hash_short
  std::uint32_t catchain_seqno = 0;
  std::uint32_t previous_key_block = 0;
};

// block#11ef55aa global_id:int32 info:^BlockInfo value_flow:^ValueFlow state_update:^(MERKLE_UPDATE
// ShardState)
//   extra:^BlockExtra = Block. Only `info` is read; the rest may be pruned until asked for.
struct Block {
  std::int32_t global_id = 0;
  BlockInfo info;
  CellRef state_update;
  CellRef extra;
};
[[nodiscard]] Result<Block> read_block(const CellRef& root);

// The hash of the state after this block: new_hash of !merkle_update#04.
[[nodiscard]] Result<CellHash> new_state_hash(const Block& block);
// The configuration (Hashmap 32 ^Cell) of a key block: BlockExtra → masterchain_block_extra#cca5 →
// ConfigParams.
[[nodiscard]] Result<CellRef> key_block_config(const Block& block);

// shard_state#9023afe2
struct ShardState {
  std::int32_t global_id = 0;
  ShardIdent shard;
  std::uint32_t seqno = 0;
  UnixSeconds generated_at;
  CellRef accounts;  // ^ShardAccounts, may be pruned
  CellRef custom;    // ^McStateExtra, null in shards
};
[[nodiscard]] Result<ShardState> read_shard_state(const CellRef& root);
// masterchain_state_extra#cc26 → ConfigParams, for a zero state.
[[nodiscard]] Result<CellRef> state_config(const ShardState& state);

// shard_descr#b and shard_descr_new#a, as far as a shard proof needs.
struct ShardDescription {
  std::uint32_t seqno = 0;
  CellHash root_hash;
  FileHash file_hash;
};
// The shard that a masterchain state lists for this account: ShardHashes (HashmapE 32 ^(BinTree
// ShardDescr)).
struct ListedShard {
  ShardIdent shard;
  ShardDescription description;
};
[[nodiscard]] Result<ListedShard> listed_shard(const ShardState& masterchain,
                                               std::int32_t workchain, const AccountId& account);
// The same for a shard that is named: fails unless just this shard is listed.
[[nodiscard]] Result<ListedShard> listed_shard(const ShardState& masterchain,
                                               const ShardIdent& shard);

// ConfigParams's entry of this number, as the cell it refers to; null if there is none.
[[nodiscard]] Result<CellRef> config_param(const CellRef& config, std::uint32_t number);

}  // namespace cocoon::ton
