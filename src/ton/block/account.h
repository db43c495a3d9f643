#pragma once

#include <optional>

#include "ton/block/message.h"
#include "ton/cell/hashmap.h"

namespace cocoon::ton {

enum class AccountStatus : std::uint8_t { kUninitialized, kActive, kFrozen };

// account$1 addr:MsgAddressInt storage_stat:StorageInfo storage:AccountStorage = Account
struct Account {
  Address address;
  UnixSeconds storage_paid_until;
  std::optional<NanoTon> storage_debt;
  std::uint64_t last_transaction_lt = 0;
  NanoTon balance;
  AccountStatus status = AccountStatus::kUninitialized;
  std::optional<StateInit> state;       // active
  std::optional<CellHash> frozen_hash;  // frozen
};
// Nothing for account_none$0.
[[nodiscard]] Result<std::optional<Account>> read_account(const CellRef& cell);

// account_descr$_ account:^Account last_trans_hash:bits256 last_trans_lt:uint64 = ShardAccount
struct ShardAccount {
  CellRef account;  // pruned in a proof: only its hash counts
  CellHash last_transaction_hash;
  std::uint64_t last_transaction_lt = 0;
};
// The account's entry in ShardAccounts (HashmapAugE 256 ShardAccount DepthBalanceInfo); nothing if
// it is proven absent.
[[nodiscard]] Result<std::optional<ShardAccount>> lookup_account(const CellRef& shard_accounts,
                                                                 const AccountId& account);

// transaction$0111, as far as a light client reads it.
struct Transaction {
  AccountId account;
  std::uint64_t lt = 0;
  CellHash previous_hash;
  std::uint64_t previous_lt = 0;
  UnixSeconds now;
  CellRef in_message;  // null for none
  std::uint32_t out_message_count = 0;
};
[[nodiscard]] Result<Transaction> read_transaction(const CellRef& cell);

}  // namespace cocoon::ton
