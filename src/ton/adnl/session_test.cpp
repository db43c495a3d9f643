#include "ton/adnl/session.h"

#include <doctest/doctest.h>

#include "tests/support/adnl_server.h"
#include "ton/adnl/messages.h"
#include "ton/tl/consensus.h"

namespace cocoon::ton {
namespace {

using testing::AdnlServer;

SecretArray<32> seed_of(unsigned char first) {
  ByteArray<32> seed{static_cast<std::byte>(first)};
  return SecretArray<32>(seed);
}

AdnlSession open_session() {
  ByteArray<160> parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<std::byte>(i);
  const AdnlSecrets secrets{seed_of(1), SecretArray<160>(parameters)};
  return AdnlSession::open(crypto::Ed25519KeyPair::from_seed(seed_of(2)).public_key(), secrets)
      .value();
}

TEST_CASE(
    "a server that has the key reads the parameters, and frames pass both ways in any pieces") {
  AdnlSession session = open_session();
  CHECK(equal(session.handshake().first(32),
              node_id_of(crypto::Ed25519KeyPair::from_seed(seed_of(2)).public_key()).view()));
  AdnlServer server = AdnlServer::accept(session.handshake(), seed_of(2)).value();
  Bytes sent;
  session.seal(adnl_ping(7), {}, sent);
  server.decrypt(sent);
  TlReader reader(BytesView(sent).subspan(4 + 32, 12));
  CHECK(reader.u32().value() == tl_id("tcp.ping random_id:long = tcp.Pong"));
  CHECK(reader.u64().value() == 7);
  const Bytes stream = concat(
      {server.frame({}), server.frame(as_bytes("one")), server.frame(Bytes(70000, std::byte{5}))});
  std::vector<std::size_t> sizes;
  for (std::size_t at = 0; at < stream.size(); at += 1000) {
    session.feed(BytesView(stream).subspan(at, std::min<std::size_t>(1000, stream.size() - at)));
    for (auto frame = session.next(); frame.value().has_value(); frame = session.next())
      sizes.push_back(frame.value()->size());
  }
  CHECK(sizes == std::vector<std::size_t>{0, 3, 70000});
}

TEST_CASE("a frame that was changed on the way ends the session") {
  AdnlSession session = open_session();
  AdnlServer server = AdnlServer::accept(session.handshake(), seed_of(2)).value();
  Bytes frame = server.frame(as_bytes("one"));
  frame[40] ^= std::byte{1};
  session.feed(frame);
  const auto refused = session.next();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(TonError::kBrokenStream));
}

TEST_CASE("answers and pongs are told apart, anything else is unknown") {
  const QueryId id;
  const Bytes answer =
      std::move(TlWriter()
                    .u32(tl_id("adnl.message.answer query_id:int256 answer:bytes = adnl.Message"))
                    .raw(id.view())
                    .bytes(as_bytes("yes")))
          .take();
  CHECK(as_text(std::get<AdnlAnswer>(parse_adnl_message(answer).value()).answer) == "yes");
  CHECK(std::holds_alternative<AdnlNothing>(parse_adnl_message({}).value()));
  CHECK_FALSE(parse_adnl_message(adnl_query(id, as_bytes("yes"))).has_value());
}

}  // namespace
}  // namespace cocoon::ton
