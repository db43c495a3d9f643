#include "ton/block/block.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t kShardDepthMax = 60;

// shard_descr#b or shard_descr_new#a seq_no:uint32 reg_mc_seqno:uint32 start_lt:uint64
// end_lt:uint64
//   root_hash:bits256 file_hash:bits256 …
Result<ShardDescription> read_description(Slice slice) {
  TRY(const std::uint64_t tag, slice.load_uint(4));
  if (tag != 0xa && tag != 0xb)
    return fail(TonError::kUnknown, "a shard description of an unknown kind");
  ShardDescription description;
  TRY(description.seqno, slice.load<std::uint32_t>());
  TRY_VOID(slice.skip(32 + 64 + 64));
  TRY(description.root_hash, slice.load_tagged<CellHash>());
  TRY(description.file_hash, slice.load_tagged<FileHash>());
  return description;
}

// ^(BinTree ShardDescr) of a workchain.
Result<CellRef> shard_tree(const ShardState& masterchain, std::int32_t workchain) {
  if (masterchain.custom == nullptr) {
    return fail(TonError::kMalformed, "a state without the masterchain's part");
  }
  TRY(Slice extra, Slice::open(masterchain.custom));
  TRY_VOID(extra.expect_tag(0xcc26, 16, "masterchain state's own part"));
  TRY(const CellRef shard_hashes, extra.load_maybe_ref());
  const auto key = BitString::of_number(static_cast<std::uint32_t>(workchain), 32);
  TRY(std::optional<Slice> tree, hashmap_lookup(shard_hashes, key));
  if (!tree) return fail(TonError::kBadProof, "the masterchain lists no such workchain");
  return tree->load_ref();
}

}  // namespace

Result<ListedShard> listed_shard(const ShardState& masterchain, std::int32_t workchain,
                                 const AccountId& account) {
  TRY(CellRef cell, shard_tree(masterchain, workchain));
  std::uint64_t marker = kWholeShard;
  const std::uint64_t path = bits_at(account.view(), 0, 64);
  for (std::size_t depth = 0; depth <= kShardDepthMax; ++depth) {
    TRY(Slice node, Slice::open(cell));
    TRY(const bool is_fork, node.load_bit());
    if (!is_fork) {
      const std::uint64_t prefix = path & ~((marker << 1U) - 1);
      TRY(const ShardDescription description, read_description(std::move(node)));
      return ListedShard{{workchain, prefix | marker}, description};
    }
    if ((path & marker) != 0) TRY_VOID(node.load_ref());
    TRY(cell, node.load_ref());
    marker >>= 1U;
  }
  return fail(TonError::kLimit, "shards split too deep");
}

Result<ListedShard> listed_shard(const ShardState& masterchain, const ShardIdent& shard) {
  ByteArray<32> inside{};
  copy_bits(inside, 0, BitString::of_number(shard.shard, 64).bytes(), 0, 64);
  TRY(ListedShard listed, listed_shard(masterchain, shard.workchain, AccountId(inside)));
  if (listed.shard != shard)
    return fail(TonError::kBadProof, "the masterchain lists no such shard");
  return listed;
}

}  // namespace cocoon::ton
