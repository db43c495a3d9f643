#include "ton/block/account.h"

namespace cocoon::ton {
namespace {

// extra_currencies$_ dict:(HashmapE 32 (VarUInteger 32)): any other currencies are not ours to
// read.
Status skip_extra_currencies(Slice& slice) {
  TRY_VOID(slice.load_maybe_ref());
  return {};
}

// storage_info$_ used:StorageUsed storage_extra:StorageExtraInfo last_paid:uint32
// due_payment:(Maybe Grams)
Status load_storage_info(Slice& slice, Account& account) {
  TRY_VOID(slice.skip_var_uint(3));  // cells
  TRY_VOID(slice.skip_var_uint(3));  // bits
  TRY(const std::uint64_t extra, slice.load_uint(3));
  if (extra > 1)
    return fail(TonError::kUnknown, "an account with storage information of an unknown kind");
  if (extra == 1) TRY_VOID(slice.skip(256));
  TRY(const auto paid, slice.load<std::uint32_t>());
  account.storage_paid_until = UnixSeconds(paid);
  TRY(const bool has_debt, slice.load_bit());
  if (has_debt) {
    TRY(account.storage_debt, slice.load_coins());
  }
  return {};
}

// account_uninit$00, account_active$1 _:StateInit, account_frozen$01 state_hash:bits256
Status load_state(Slice& slice, Account& account) {
  TRY(const bool is_active, slice.load_bit());
  if (is_active) {
    account.status = AccountStatus::kActive;
    TRY(account.state, load_state_init(slice));
    return {};
  }
  TRY(const bool is_frozen, slice.load_bit());
  if (is_frozen) {
    account.status = AccountStatus::kFrozen;
    TRY(account.frozen_hash, slice.load_tagged<CellHash>());
  }
  return {};
}

// depth_balance$_ split_depth:(#<= 30) balance:CurrencyCollection
Status skip_depth_balance(Slice& slice) {
  TRY_VOID(slice.skip(5));
  TRY_VOID(slice.skip_var_uint(4));
  return skip_extra_currencies(slice);
}

}  // namespace

Result<std::optional<Account>> read_account(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY(const bool exists, slice.load_bit());
  if (!exists) {
    TRY_VOID(slice.expect_end());
    return std::optional<Account>();
  }
  Account account;
  TRY(account.address, load_address(slice));
  TRY_VOID(load_storage_info(slice, account));
  TRY(account.last_transaction_lt, slice.load<std::uint64_t>());
  TRY(account.balance, slice.load_coins());
  TRY_VOID(skip_extra_currencies(slice));
  TRY_VOID(load_state(slice, account));
  TRY_VOID(slice.expect_end());
  return std::optional(std::move(account));
}

Result<std::optional<ShardAccount>> lookup_account(const CellRef& shard_accounts,
                                                   const AccountId& account) {
  TRY(Slice slice, Slice::open(shard_accounts));
  TRY(const CellRef root, slice.load_maybe_ref());
  TRY(std::optional<Slice> leaf, hashmap_lookup(root, BitString::of_bytes(account.view())));
  if (!leaf) return std::optional<ShardAccount>();
  TRY_VOID(skip_depth_balance(*leaf));
  ShardAccount found;
  TRY(found.account, leaf->load_ref());
  TRY(found.last_transaction_hash, leaf->load_tagged<CellHash>());
  TRY(found.last_transaction_lt, leaf->load<std::uint64_t>());
  TRY_VOID(leaf->expect_end());
  return std::optional(std::move(found));
}

// transaction$0111 account_addr:bits256 lt:uint64 prev_trans_hash:bits256 prev_trans_lt:uint64
// now:uint32
//   outmsg_cnt:uint15 orig_status:AccountStatus end_status:AccountStatus ^[ in_msg:(Maybe ^(Message
//   Any)) … ] …
Result<Transaction> read_transaction(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY_VOID(slice.expect_tag(0b0111, 4, "transaction"));
  Transaction transaction;
  TRY(transaction.account, slice.load_tagged<AccountId>());
  TRY(transaction.lt, slice.load<std::uint64_t>());
  TRY(transaction.previous_hash, slice.load_tagged<CellHash>());
  TRY(transaction.previous_lt, slice.load<std::uint64_t>());
  TRY(const auto now, slice.load<std::uint32_t>());
  transaction.now = UnixSeconds(now);
  TRY(const std::uint64_t out_messages, slice.load_uint(15));
  transaction.out_message_count = static_cast<std::uint32_t>(out_messages);
  TRY(const CellRef messages, slice.load_ref());
  TRY(Slice message_slice, Slice::open(messages));
  TRY(transaction.in_message, message_slice.load_maybe_ref());
  return transaction;
}

}  // namespace cocoon::ton
