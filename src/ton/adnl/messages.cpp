#include "ton/adnl/messages.h"

namespace cocoon::ton {
namespace {

constexpr std::uint32_t kQuery =
    tl_id("adnl.message.query query_id:int256 query:bytes = adnl.Message");
constexpr std::uint32_t kAnswer =
    tl_id("adnl.message.answer query_id:int256 answer:bytes = adnl.Message");
constexpr std::uint32_t kPing = tl_id("tcp.ping random_id:long = tcp.Pong");
constexpr std::uint32_t kPong = tl_id("tcp.pong random_id:long = tcp.Pong");

}  // namespace

Bytes adnl_query(const QueryId& id, BytesView query) {
  return std::move(TlWriter().u32(kQuery).raw(id.view()).bytes(query)).take();
}

Bytes adnl_ping(std::uint64_t random_id) {
  return std::move(TlWriter().u32(kPing).u64(random_id)).take();
}

Result<std::variant<AdnlNothing, AdnlAnswer, AdnlPong>> parse_adnl_message(BytesView payload) {
  if (payload.empty()) return AdnlNothing{};
  TlReader reader(payload);
  TRY(const std::uint32_t id, reader.u32());
  if (id == kAnswer) {
    AdnlAnswer message;
    TRY(message.id, reader.tagged<QueryId>());
    TRY(const BytesView answer, reader.bytes());
    TRY_VOID(reader.expect_end());
    message.answer = to_bytes(answer);
    return message;
  }
  if (id != kPong) return fail(TonError::kUnknown, "an ADNL message of an unknown kind");
  AdnlPong pong;
  TRY(pong.random_id, reader.u64());
  TRY_VOID(reader.expect_end());
  return pong;
}

}  // namespace cocoon::ton
