#include "ton/tl/lite_queries.h"

namespace cocoon::ton {
namespace {

constexpr std::uint32_t kQuery = tl_id("liteServer.query data:bytes = Object");
constexpr std::uint32_t kGetMasterchainInfo =
    tl_id("liteServer.getMasterchainInfo = liteServer.MasterchainInfo");
constexpr std::uint32_t kGetAccountState = tl_id(
    "liteServer.getAccountState id:tonNode.blockIdExt account:liteServer.accountId = "
    "liteServer.AccountState");
constexpr std::uint32_t kGetBlockProof = tl_id(
    "liteServer.getBlockProof mode:# known_block:tonNode.blockIdExt "
    "target_block:mode.0?tonNode.blockIdExt = "
    "liteServer.PartialBlockProof");
constexpr std::uint32_t kGetTransactions = tl_id(
    "liteServer.getTransactions count:# account:liteServer.accountId lt:long hash:int256 = "
    "liteServer.TransactionList");
constexpr std::uint32_t kLookupBlock = tl_id(
    "liteServer.lookupBlock mode:# id:tonNode.blockId lt:mode.1?long utime:mode.2?int = "
    "liteServer.BlockHeader");
constexpr std::uint32_t kSendMessage =
    tl_id("liteServer.sendMessage body:bytes = liteServer.SendMsgStatus");

Bytes wrap(TlWriter query) {
  return std::move(TlWriter().u32(kQuery).bytes(std::move(query).take())).take();
}

TlWriter start(std::uint32_t id) {
  TlWriter writer;
  writer.u32(id);
  return writer;
}

}  // namespace

Bytes query_masterchain_info() { return wrap(start(kGetMasterchainInfo)); }

Bytes query_account_state(const BlockId& block, std::int32_t workchain, const AccountId& account) {
  TlWriter query = start(kGetAccountState);
  write_block_id(query, block);
  query.i32(workchain).raw(account.view());
  return wrap(std::move(query));
}

Bytes query_block_proof(const BlockId& known, const std::optional<BlockId>& target) {
  TlWriter query = start(kGetBlockProof);
  query.u32(target ? 1 : 0);
  write_block_id(query, known);
  if (target) write_block_id(query, *target);
  return wrap(std::move(query));
}

Bytes query_transactions(std::uint32_t count, std::int32_t workchain, const AccountId& account,
                         std::uint64_t lt, const CellHash& hash) {
  TlWriter query = start(kGetTransactions);
  query.u32(count).i32(workchain).raw(account.view()).u64(lt).raw(hash.view());
  return wrap(std::move(query));
}

Bytes query_lookup_masterchain_block(std::uint32_t seqno) {
  constexpr std::uint32_t kBySeqno = 1;
  TlWriter query = start(kLookupBlock);
  query.u32(kBySeqno).i32(kMasterchain).u64(kWholeShard).u32(seqno);
  return wrap(std::move(query));
}

Bytes query_send_message(BytesView message_boc) {
  TlWriter query = start(kSendMessage);
  query.bytes(message_boc);
  return wrap(std::move(query));
}

}  // namespace cocoon::ton
