#include "ton/proof/account_proof.h"

#include "ton/cell/boc.h"
#include "ton/proof/merkle.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> bad(const char* what) { return fail(TonError::kBadProof, what); }

struct ProvenState {
  Block block;
  ShardState state;
};

// Two roots: a proof of the block and one of the state after it.
Result<ProvenState> proven_state(BytesView boc, const BlockId& id) {
  TRY(const auto roots, parse_boc(boc));
  if (roots.size() != 2) return bad("a proof of a state has two roots");
  TRY(const CellRef block_root, open_merkle_proof(roots[0]));
  TRY(const CellRef state_root, open_merkle_proof(roots[1]));
  TRY(Block block, proven_block(block_root, id));
  TRY(const CellHash state_hash, new_state_hash(block));
  if (state_root->hash(0) != state_hash) return bad("the state is not the one that the block made");
  TRY(ShardState state, read_shard_state(state_root));
  if (state.shard != block.info.shard || state.seqno != block.info.seqno)
    return bad("a state at odds with its block");
  return ProvenState{std::move(block), std::move(state)};
}

// The masterchain's state lists the shard's block.
Status check_shard_block(const AccountStateAnswer& answer) {
  if (answer.shard_block == answer.block) {
    if (!answer.shard_proof.empty()) return bad("a shard proof where there is nothing to prove");
    return {};
  }
  const ShardIdent shard{answer.shard_block.workchain, answer.shard_block.shard};
  TRY(const BlockId listed, proven_shard_block(answer.shard_proof, answer.block, shard));
  if (listed != answer.shard_block) return bad("the masterchain lists another block of the shard");
  return {};
}

// The state after the answer's shard block, proven from its masterchain block.
Result<ProvenState> proven_shard_state(const AccountStateAnswer& answer) {
  if (!answer.block.is_masterchain()) return bad("the block is none of the masterchain");
  TRY_VOID(check_shard_block(answer));
  return proven_state(answer.proof, answer.shard_block);
}

Status fill_account(ProvenAccount& proven, const ShardAccount& entry, BytesView state) {
  if (state.empty()) return bad("the account exists, but its state was left out");
  TRY(const CellRef root, parse_boc_root(state));
  if (root->level_mask() != LevelMask() || root->hash() != entry.account->hash(0)) {
    return bad("the state is not the one that the proof names");
  }
  proven.last_transaction_hash = entry.last_transaction_hash;
  proven.last_transaction_lt = entry.last_transaction_lt;
  proven.state_hash = root->hash();
  TRY(proven.account, read_account(root));
  if (proven.account && proven.account->address != proven.address)
    return bad("the state is of another account");
  return {};
}

}  // namespace

Result<BlockId> proven_shard_block(BytesView shard_proof, const BlockId& block,
                                   const ShardIdent& shard) {
  TRY(const ProvenState master, proven_state(shard_proof, block));
  TRY(const ListedShard listed, listed_shard(master.state, shard));
  return BlockId{shard.workchain, shard.shard, listed.description.seqno,
                 listed.description.root_hash, listed.description.file_hash};
}

Result<AbsentAccounts> check_absence(const AccountStateAnswer& answer) {
  if (!answer.state.empty()) return bad("a state where absence was to be proven");
  TRY(const ProvenState shard_state, proven_shard_state(answer));
  TRY(Slice accounts, Slice::open(shard_state.state.accounts));
  TRY(CellRef cell, accounts.load_maybe_ref());
  AbsentAccounts absent;
  // The proof shows one way through the map; what it leaves out is off that way.
  while (cell != nullptr) {
    TRY(const HashmapNode node,
        read_hashmap_node(cell, AccountId::kSize * 8 - absent.prefix.size()));
    cell = nullptr;
    bool turn = false;
    absent.instead = node.label;
    if (absent.prefix.size() + node.label.size() == AccountId::kSize * 8) break;
    for (const bool side : {false, true}) {
      const CellRef& branch = node.rest.rest_refs()[side ? 1 : 0];
      if (branch->kind() == CellKind::kPrunedBranch) continue;
      if (cell != nullptr) return bad("a proof that shows more than one way");
      cell = branch;
      turn = side;
    }
    if (cell == nullptr) break;
    absent.prefix.append(node.label);
    absent.prefix.push_back(turn);
  }
  return absent;
}

Result<ProvenAccount> check_account_state(const AccountStateAnswer& answer,
                                          const Address& address) {
  const ShardIdent shard{answer.shard_block.workchain, answer.shard_block.shard};
  if (!shard_contains(shard, address.workchain, address.account))
    return bad("a shard that cannot have the account");
  TRY(const ProvenState shard_state, proven_shard_state(answer));
  ProvenAccount proven;
  proven.block = answer.block;
  proven.shard_block = answer.shard_block;
  proven.generated_at = shard_state.block.info.generated_at;
  proven.end_lt = shard_state.block.info.end_lt;
  proven.address = address;
  TRY(const auto entry, lookup_account(shard_state.state.accounts, address.account));
  if (entry) {
    TRY_VOID(fill_account(proven, *entry, answer.state));
  } else if (!answer.state.empty()) {
    return bad("the account is proven absent, but a state was given");
  }
  return proven;
}

Result<std::optional<Address>> address_in(const AccountStateAnswer& answer) {
  if (answer.state.empty()) return std::optional<Address>();
  TRY(const CellRef root, parse_boc_root(answer.state));
  TRY(const auto account, read_account(root));
  return account ? std::optional(account->address) : std::nullopt;
}

Result<std::vector<ProvenTransaction>> check_transactions(const TransactionListAnswer& answer,
                                                          const AccountId& account,
                                                          std::uint64_t last_lt,
                                                          const CellHash& last_hash) {
  TRY(const auto roots, parse_boc(answer.transactions));
  if (roots.size() != answer.blocks.size() || roots.size() > kTransactionsMax) {
    return bad("transactions that are not as many as their blocks");
  }
  std::vector<ProvenTransaction> proven;
  std::uint64_t lt = last_lt;
  CellHash hash = last_hash;
  for (const CellRef& root : roots) {
    if (root->level_mask() != LevelMask() || root->hash() != hash)
      return bad("a transaction that is not the next");
    TRY(const Transaction transaction, read_transaction(root));
    if (transaction.account != account || transaction.lt != lt)
      return bad("a transaction of another account or time");
    proven.push_back({hash, transaction});
    lt = transaction.previous_lt;
    hash = transaction.previous_hash;
  }
  return proven;
}

}  // namespace cocoon::ton
