#pragma once

#include "base/reader.h"
#include "net/net_test_support.h"
#include "net/tls.h"

// For tests of the listener against peers that write HTTP/2 byte by byte (RFC 9113).
namespace cocoon::net::testing {

inline Task<bool> alive(World* net) {
  const auto connection = co_await net->dial();
  if (!connection) co_return false;
  auto answer = co_await connection->http().send(post("/echo", to_bytes("x")), in(5s));
  co_return answer.has_value() && answer->status == 200;
}

// A connected client that speaks HTTP/2 byte by byte.
inline Task<std::shared_ptr<TlsChannel>> raw_client(World* net, std::string alpn) {
  const auto client = TlsClient::create(net->executor).value();
  auto channel = co_await client->connect(net->listener->local(), alpn, in(5s));
  co_return channel.has_value() ? *channel : nullptr;
}

inline Bytes frame(unsigned type, unsigned flags, std::uint32_t stream, BytesView payload) {
  Writer writer;
  writer.u8(static_cast<std::uint8_t>(payload.size() >> 16U))
      .u16(static_cast<std::uint16_t>(payload.size() & 0xffffU))
      .u8(static_cast<std::uint8_t>(type))
      .u8(static_cast<std::uint8_t>(flags))
      .u32(stream)
      .bytes(payload);
  return std::move(writer).take();
}

inline Bytes preface() {
  return concat({as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, {})});
}
// GET / by the static table, with END_STREAM and END_HEADERS.
inline Bytes get_root(std::uint32_t stream) {
  constexpr std::string_view kBlock = "\x82\x87\x84\x41\x01x";
  return frame(1, 5, stream, as_bytes(kBlock));
}
inline Bytes reset_frame(std::uint32_t stream) {
  return frame(3, 0, stream, Writer().u32(8).view());
}

// Reads until the peer closes, at most so long.
inline Task<bool> closes(std::shared_ptr<TlsChannel> channel, async::Duration within) {
  const CloseAtDeadline guard(co_await async::this_executor(), channel, in(within));
  Bytes sink(16384);
  for (;;) {
    const auto length = co_await channel->read_some(sink);
    if (!length || *length == 0) co_return !guard.expired();
  }
}

}  // namespace cocoon::net::testing
