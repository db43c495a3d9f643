#pragma once

#include "ton/block/account.h"
#include "ton/block/block.h"
#include "ton/tl/lite_answers.h"

namespace cocoon::ton {

// An account's state at a block, as far as the block itself is true (ton/proof/block_proof.h).
struct ProvenAccount {
  BlockId block;             // of the masterchain
  BlockId shard_block;       // the same one for the masterchain's accounts
  UnixSeconds generated_at;  // of the shard block
  std::uint64_t end_lt = 0;
  Address address;
  // Absent accounts have neither.
  std::optional<Account> account;
  CellHash state_hash;
  CellHash last_transaction_hash;
  std::uint64_t last_transaction_lt = 0;
};

// Follows the answer's proofs from its masterchain block through the shard's block and state to the
// account. kBadProof unless each step proves the next and the account belongs to the shard; absence
// is proven, never assumed.
[[nodiscard]] Result<ProvenAccount> check_account_state(const AccountStateAnswer& answer,
                                                        const Address& address);

// The block of this shard that the masterchain block's state lists. kBadProof if the proof is of
// another block.
[[nodiscard]] Result<BlockId> proven_shard_block(BytesView shard_proof, const BlockId& block,
                                                 const ShardIdent& shard);

// Which accounts an answer without a state and without a name proves absent: those that begin with
// `prefix` and do not go on with `instead`.
struct AbsentAccounts {
  BitString prefix;
  BitString instead;
};
[[nodiscard]] Result<AbsentAccounts> check_absence(const AccountStateAnswer& answer);

// For a recording that does not say whose state it is: the address in its state, which
// check_account_state then holds the proof against. Nothing if the state is empty.
[[nodiscard]] Result<std::optional<Address>> address_in(const AccountStateAnswer& answer);

// The transactions of an account, newest first: each is the one before's predecessor, beginning
// with the proven last.
struct ProvenTransaction {
  CellHash hash;
  Transaction transaction;
};
[[nodiscard]] Result<std::vector<ProvenTransaction>> check_transactions(
    const TransactionListAnswer& answer, const AccountId& account, std::uint64_t last_lt,
    const CellHash& last_hash);

}  // namespace cocoon::ton
