#include "ton/block/block.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t kShardPrefixMax = 60;

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

Result<BlockInfo> read_info(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY_VOID(slice.expect_tag(0x9bc7a987, 32, "block header"));
  TRY_VOID(slice.skip(32));  // version
  // not_master, after_merge, before_split, after_split, want_split, want_merge, key_block,
  // vert_seqno_incr
  TRY(const std::uint64_t marks, slice.load_uint(8));
  TRY(const std::uint64_t flags, slice.load_uint(8));
  if (flags > 1) return fail(TonError::kUnknown, "a block header with unknown flags");
  BlockInfo info;
  info.is_key_block = (marks & 0x02U) != 0;
  TRY(info.seqno, slice.load<std::uint32_t>());
  TRY_VOID(slice.skip(32));  // vert_seq_no
  TRY(info.shard, load_shard_ident(slice));
  const bool is_not_master = (marks & 0x80U) != 0;
  if (is_not_master != (info.shard.workchain != kMasterchain))
    return malformed("a block header at odds with its shard");
  TRY(const auto generated_at, slice.load<std::uint32_t>());
  info.generated_at = UnixSeconds(generated_at);
  TRY_VOID(slice.skip(64));  // start_lt
  TRY(info.end_lt, slice.load<std::uint64_t>());
  TRY(info.validator_set_hash, slice.load<std::uint32_t>());
  TRY(info.catchain_seqno, slice.load<std::uint32_t>());
  TRY_VOID(slice.skip(32));  // min_ref_mc_seqno
  TRY(info.previous_key_block, slice.load<std::uint32_t>());
  return info;
}

}  // namespace

Result<ShardIdent> load_shard_ident(Slice& slice) {
  TRY_VOID(slice.expect_tag(0, 2, "shard"));
  TRY(const std::uint64_t prefix_bits, slice.load_uint(6));
  if (prefix_bits > kShardPrefixMax) return malformed("a shard with too long a prefix");
  ShardIdent ident;
  TRY(ident.workchain, slice.load<std::int32_t>());
  TRY(const std::uint64_t prefix, slice.load_uint(64));
  const std::uint64_t marker = kWholeShard >> prefix_bits;
  if ((prefix & ((marker << 1U) - 1)) != 0) return malformed("a shard with bits behind its prefix");
  ident.shard = prefix | marker;
  return ident;
}

bool shard_contains(const ShardIdent& shard, std::int32_t workchain, const AccountId& account) {
  if (shard.workchain != workchain || shard.shard == 0) return false;
  const std::uint64_t marker = shard.shard & (~shard.shard + 1);
  const std::uint64_t differs = shard.shard ^ bits_at(account.view(), 0, 64);
  return (differs & ~((marker << 1U) - 1)) == 0;
}

Result<Block> read_block(const CellRef& root) {
  TRY(Slice slice, Slice::open(root));
  TRY_VOID(slice.expect_tag(0x11ef55aa, 32, "block"));
  Block block;
  TRY(block.global_id, slice.load<std::int32_t>());
  TRY(const CellRef info, slice.load_ref());
  TRY(block.info, read_info(info));
  TRY_VOID(slice.skip(0, 1));  // value_flow
  TRY(block.state_update, slice.load_ref());
  TRY(block.extra, slice.load_ref());
  TRY_VOID(slice.expect_end());
  return block;
}

Result<CellHash> new_state_hash(const Block& block) {
  switch (block.state_update->kind()) {
    case CellKind::kMerkleUpdate:
      return block.state_update->refs()[1]->hash(0);
    case CellKind::kPrunedBranch:
      return fail(TonError::kPruned, "the proof leaves out the block's new state");
    case CellKind::kOrdinary:
    case CellKind::kLibrary:
    case CellKind::kMerkleProof:
      break;
  }
  return fail(TonError::kUnknown, "a block whose state update is none");
}

Result<CellRef> key_block_config(const Block& block) {
  if (!block.info.is_key_block)
    return fail(TonError::kBadProof, "a block that is no key block, so names no validators");
  // block_extra in_msg_descr:^ out_msg_descr:^ account_blocks:^ rand_seed:bits256
  // created_by:bits256 custom:(Maybe ^)
  TRY(Slice extra, Slice::open(block.extra));
  TRY_VOID(extra.expect_tag(0x4a33f6fd, 32, "block's contents"));
  TRY_VOID(extra.skip(512, 3));
  TRY(const CellRef custom, extra.load_maybe_ref());
  if (custom == nullptr) return malformed("a masterchain block without its own part");
  // masterchain_block_extra#cca5 key_block:(## 1) shard_hashes:ShardHashes shard_fees:ShardFees
  // ^[…]
  //   config:key_block?ConfigParams
  TRY(Slice master, Slice::open(custom));
  TRY_VOID(master.expect_tag(0xcca5, 16, "masterchain block's own part"));
  TRY(const bool is_key, master.load_bit());
  if (!is_key) return malformed("a key block whose own part says otherwise");
  TRY_VOID(master.load_maybe_ref());  // shard_hashes
  TRY_VOID(master.load_maybe_ref());  // shard_fees: HashmapAugE 96, then its extra, two
                                      // CurrencyCollections
  for (int currency = 0; currency < 2; ++currency) {
    TRY_VOID(master.skip_var_uint(4));
    TRY_VOID(master.load_maybe_ref());
  }
  TRY_VOID(master.skip(0, 1));  // ^[ prev_blk_signatures … ]
  TRY_VOID(master.skip(256));   // config_addr
  return master.load_ref();
}

Result<ShardState> read_shard_state(const CellRef& root) {
  TRY(Slice slice, Slice::open(root));
  TRY_VOID(slice.expect_tag(0x9023afe2, 32, "shard state"));
  ShardState state;
  TRY(state.global_id, slice.load<std::int32_t>());
  TRY(state.shard, load_shard_ident(slice));
  TRY(state.seqno, slice.load<std::uint32_t>());
  TRY_VOID(slice.skip(32));  // vert_seq_no
  TRY(const auto generated_at, slice.load<std::uint32_t>());
  state.generated_at = UnixSeconds(generated_at);
  TRY_VOID(slice.skip(96, 1));  // gen_lt, min_ref_mc_seqno, out_msg_queue_info
  TRY_VOID(slice.skip(1));      // before_split
  TRY(state.accounts, slice.load_ref());
  TRY_VOID(slice.skip(0, 1));  // ^[ overload_history … ]
  TRY(state.custom, slice.load_maybe_ref());
  TRY_VOID(slice.expect_end());
  return state;
}

Result<CellRef> state_config(const ShardState& state) {
  if (state.custom == nullptr) return malformed("a state without the masterchain's part");
  TRY(Slice slice, Slice::open(state.custom));
  TRY_VOID(slice.expect_tag(0xcc26, 16, "masterchain state's own part"));
  TRY_VOID(slice.load_maybe_ref());  // shard_hashes
  TRY_VOID(slice.skip(256));         // config_addr
  return slice.load_ref();
}

Result<CellRef> config_param(const CellRef& config, std::uint32_t number) {
  TRY(std::optional<Slice> found, hashmap_lookup(config, BitString::of_number(number, 32)));
  if (!found) return CellRef();
  TRY(CellRef param, found->load_ref());
  TRY_VOID(found->expect_end());
  return param;
}

}  // namespace cocoon::ton
