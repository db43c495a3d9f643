#include "ton/adnl/session.h"

#include <doctest/doctest.h>

#include "base/reader.h"
#include "crypto/edwards.h"
#include "ton/adnl/messages.h"
#include "ton/tl/consensus.h"

namespace cocoon::ton {
namespace {

SecretArray<32> seed_of(unsigned char first) {
  ByteArray<32> seed{static_cast<std::byte>(first)};
  return SecretArray<32>(seed);
}

// What a lite-server does with a handshake: finds the parameters, and has each stream the other way
// round.
struct Server {
  crypto::AesCtr receive;
  crypto::AesCtr send;
};

Server accept(BytesView handshake, const SecretArray<32>& seed) {
  REQUIRE(handshake.size() == kAdnlHandshakeSize);
  const auto own = crypto::Ed25519KeyPair::from_seed(seed.clone()).public_key();
  CHECK(equal(handshake.first(32), node_id_of(own).view()));
  const auto client = crypto::Ed25519PublicKey::from(handshake.subspan(32, 32)).value();
  const auto shared =
      crypto::x25519_of_seed(seed).shared_secret(crypto::x25519_of(client).value()).value();
  const BytesView checksum = handshake.subspan(64, 32);
  const Bytes key = concat({shared.expose().first(16), checksum.subspan(16)});
  const Bytes counter = concat({checksum.first(4), shared.expose().subspan(20)});
  ByteArray<16> start;
  std::ranges::copy(counter, start.begin());
  Bytes parameters = to_bytes(handshake.subspan(96));
  crypto::AesCtr(SecretArray<32>::copy_of(key).value(), start).apply(parameters);
  CHECK(equal(crypto::sha256(BytesView(parameters)), checksum));
  const auto stream = [&](std::size_t key_at, std::size_t counter_at) {
    std::ranges::copy(BytesView(parameters).subspan(counter_at, 16), start.begin());
    return crypto::AesCtr(
        SecretArray<32>::copy_of(BytesView(parameters).subspan(key_at, 32)).value(), start);
  };
  return {stream(32, 80), stream(0, 64)};
}

Bytes frame_of(Server& server, BytesView payload) {
  const ByteArray<32> nonce{std::byte{9}};
  Bytes frame = std::move(Writer(Endian::kLittle)
                              .u32(static_cast<std::uint32_t>(payload.size() + 64))
                              .bytes(nonce)
                              .bytes(payload)
                              .bytes(crypto::sha256({nonce, payload})))
                    .take();
  server.send.apply(frame);
  return frame;
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
  Server server = accept(session.handshake(), seed_of(2));
  Bytes sent;
  session.seal(adnl_ping(7), {}, sent);
  server.receive.apply(sent);
  TlReader reader(BytesView(sent).subspan(4 + 32, 12));
  CHECK(reader.u32().value() == tl_id("tcp.ping random_id:long = tcp.Pong"));
  CHECK(reader.u64().value() == 7);
  const Bytes stream = concat({frame_of(server, {}), frame_of(server, as_bytes("one")),
                               frame_of(server, Bytes(70000, std::byte{5}))});
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
  Server server = accept(session.handshake(), seed_of(2));
  Bytes frame = frame_of(server, as_bytes("one"));
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
