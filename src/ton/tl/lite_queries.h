#pragma once

#include <optional>

#include "ton/tl/block_id.h"

// What a light client asks (lite_api.tl, functions), each ready to be sent in an
// adnl.message.query.
namespace cocoon::ton {

// liteServer.getMasterchainInfo = liteServer.MasterchainInfo
[[nodiscard]] Bytes query_masterchain_info();
// liteServer.getAccountState id:tonNode.blockIdExt account:liteServer.accountId =
// liteServer.AccountState
[[nodiscard]] Bytes query_account_state(const BlockId& block, std::int32_t workchain,
                                        const AccountId& account);
// liteServer.getBlockProof mode:# known_block:tonNode.blockIdExt
// target_block:mode.0?tonNode.blockIdExt
[[nodiscard]] Bytes query_block_proof(const BlockId& known, const std::optional<BlockId>& target);
// liteServer.getTransactions count:# account:liteServer.accountId lt:long hash:int256 =
// liteServer.TransactionList
[[nodiscard]] Bytes query_transactions(std::uint32_t count, std::int32_t workchain,
                                       const AccountId& account, std::uint64_t lt,
                                       const CellHash& hash);
// liteServer.lookupBlock mode:# id:tonNode.blockId lt:mode.1?long utime:mode.2?int: a masterchain
// block by its number
[[nodiscard]] Bytes query_lookup_masterchain_block(std::uint32_t seqno);
// liteServer.sendMessage body:bytes = liteServer.SendMsgStatus
[[nodiscard]] Bytes query_send_message(BytesView message_boc);

}  // namespace cocoon::ton
