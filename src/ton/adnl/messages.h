#pragma once

#include <variant>

#include "ton/tl/tl.h"

// What travels in ADNL frames between a client and a lite-server (ton_api.tl).
namespace cocoon::ton {

using QueryId = Hash256<struct QueryIdTag>;

// adnl.message.query query_id:int256 query:bytes = adnl.Message
[[nodiscard]] Bytes adnl_query(const QueryId& id, BytesView query);
// tcp.ping random_id:long = tcp.Pong
[[nodiscard]] Bytes adnl_ping(std::uint64_t random_id);

// adnl.message.answer query_id:int256 answer:bytes = adnl.Message
struct AdnlAnswer {
  QueryId id;
  Bytes answer;
};
// tcp.pong random_id:long = tcp.Pong
struct AdnlPong {
  std::uint64_t random_id = 0;
};
// The empty frame that ends the handshake and keeps a connection alive.
struct AdnlNothing {};

// kUnknown for any other message.
[[nodiscard]] Result<std::variant<AdnlNothing, AdnlAnswer, AdnlPong>> parse_adnl_message(
    BytesView payload);

}  // namespace cocoon::ton
