// Peers that lie, babble, flood or fall silent.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/hello_exchange.h"
#include "net/raw_http2_test_support.h"
#include "wire/protocol.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes, run_to_end() and
// serve() keep the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;
using boost::asio::ip::tcp;
using ports::HttpError;

namespace {

auto into(boost::system::error_code& error) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

// A TLS server on a free port whose first connection is treated by the test.
struct FakeProxy {
  explicit FakeProxy(World& world)
      : acceptor(
            TlsAcceptor::open(world.executor, {"127.0.0.1", 0},
                              {std::string(wire::kAlpnForward), std::string(wire::kAlpnReverse)})
                .value()) {}
  std::unique_ptr<TlsAcceptor> acceptor;
  std::shared_ptr<TlsChannel> channel;

  using Act = std::function<Task<void>(std::shared_ptr<TlsChannel>)>;
  static Task<void> serve(FakeProxy* self, Act act) {
    auto accepted = co_await self->acceptor->accept();
    if (!accepted) co_return;
    self->channel = *accepted;
    if (co_await self->channel->handshake()) co_await act(self->channel);
  }
  void start(World& world, Act act) {
    async::spawn(world.executor, serve(this, std::move(act)), [](std::string_view) {});
  }
};

}  // namespace

TEST_CASE("a proxy with another key than the expected is refused") {
  World world;
  world.run([](World& net) -> Task<void> {
    const auto other = new_key();
    const auto forward =
        co_await net.dialer->dial_forward(net.listener->local(), other->public_key(), {}, in(5s));
    CHECK(forward.error().is(NetError::kBadPeer));
    const auto reverse = co_await net.dialer->dial_reverse(
        net.listener->local(), other->public_key(),
        {.role = attest::Role::kWorker, .kid = {}, .key = new_key()}, net.worker_routes, {},
        in(5s));
    CHECK(reverse.error().is(NetError::kBadPeer));
  });
}

TEST_CASE("a man in the middle who passes the proxy's own hello on is refused") {
  World world;
  FakeProxy middle(world);
  world.run([&middle](World& net) -> Task<void> {
    middle.start(net, [&net](std::shared_ptr<TlsChannel> victim) -> Task<void> {
      const auto upstream = co_await raw_client(&net, std::string(wire::kAlpnForward));
      ByteArray<wire::Hello::kSize> hello;
      CHECK((co_await upstream->read_exact(hello)).has_value());
      (void)co_await victim->write(hello);
    });
    const auto dialled = co_await net.dialer->dial_forward(middle.acceptor->local(),
                                                           net.proxy_key->public_key(), {}, in(5s));
    CHECK(dialled.error().is(NetError::kBadPeer));
  });
}

TEST_CASE("a peer of another role, or one that says no hello, is refused") {
  World world;
  FakeProxy worker(world);
  FakeProxy mute(world);
  world.run([&](World& net) -> Task<void> {
    worker.start(net, [&net](std::shared_ptr<TlsChannel> channel) -> Task<void> {
      (void)co_await send_hello(channel, attest::Role::kWorker, {}, net.proxy_key);
    });
    const auto dialled = co_await net.dialer->dial_forward(worker.acceptor->local(),
                                                           net.proxy_key->public_key(), {}, in(5s));
    CHECK(dialled.error().is(NetError::kBadPeer));
    mute.start(net, [](std::shared_ptr<TlsChannel>) -> Task<void> { co_return; });
    const auto silent = co_await net.dialer->dial_forward(
        mute.acceptor->local(), net.proxy_key->public_key(), {}, in(100ms));
    CHECK(silent.error().is(async::AsyncError::kTimeout));
  });
}

TEST_CASE("a worker's hello for another channel is refused by the proxy") {
  World world;
  world.run([](World& net) -> Task<void> {
    const auto channel = co_await raw_client(&net, std::string(wire::kAlpnReverse));
    const auto other = co_await raw_client(&net, std::string(wire::kAlpnReverse));
    const auto key = new_key();
    const Bytes stolen =
        wire::make_hello(attest::Role::kWorker, {}, *key, other->binding().value());
    CHECK((co_await channel->write(stolen)).has_value());
    CHECK(co_await closes(channel, 5s));
    const Bytes wrong_role =
        wire::make_hello(attest::Role::kClient, {}, *key, other->binding().value());
    CHECK((co_await other->write(wrong_role)).has_value());
    CHECK(co_await closes(other, 5s));
    CHECK(net.workers.empty());
    CHECK_EQ(net.listener->counts().handshakes_failed, 2U);
  });
}

TEST_CASE("both ends of a channel derive the same binding, and no two channels share one") {
  World world;
  FakeProxy proxy(world);
  std::optional<wire::ChannelBinding> at_server;
  world.run([&](World& net) -> Task<void> {
    proxy.start(net, [&](std::shared_ptr<TlsChannel> channel) -> Task<void> {
      at_server = channel->binding().value();
      co_return;
    });
    const auto client = TlsClient::create(net.executor).value();
    const auto channel =
        co_await client->connect(proxy.acceptor->local(), std::string(wire::kAlpnForward), in(5s));
    while (!at_server) co_await pause(1ms);
    const auto at_client = channel.value()->binding().value();
    CHECK(at_client.exporter == at_server->exporter);
    CHECK(at_client.server_spki_hash == at_server->server_spki_hash);
    const auto other = co_await raw_client(&net, "h2");
    CHECK(other->binding().value().exporter != at_client.exporter);
    CHECK(other->binding().value().server_spki_hash != at_client.server_spki_hash);
  });
}

TEST_CASE(
    "garbage instead of TLS, silence, older TLS and unknown protocols do not hurt the listener") {
  World world;
  world.options.handshake_timeout = 200ms;
  world.run([](World& net) -> Task<void> {
    const Endpoint to = net.listener->local();
    const tcp::endpoint endpoint(boost::asio::ip::make_address(to.host), to.port);
    boost::system::error_code error;
    tcp::socket babbler(net.executor);
    tcp::socket mute(net.executor);
    co_await babbler.async_connect(endpoint, into(error));
    co_await mute.async_connect(endpoint, into(error));
    const Bytes noise = pattern(4096);
    co_await boost::asio::async_write(babbler, boost::asio::buffer(noise), into(error));

    namespace ssl = boost::asio::ssl;
    ssl::context old(ssl::context::tlsv12_client);
    SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_2_VERSION);
    ssl::stream<tcp::socket> older(net.executor, old);
    co_await older.next_layer().async_connect(endpoint, into(error));
    co_await older.async_handshake(ssl::stream_base::client, into(error));
    CHECK(error);

    const auto client = TlsClient::create(net.executor).value();
    CHECK((co_await client->connect(to, "http/1.1", in(5s))).error().is(NetError::kTls));
    CHECK(co_await alive(&net));
    char byte = 0;
    co_await mute.async_read_some(boost::asio::buffer(&byte, 1), into(error));
    CHECK(error == boost::asio::error::eof);
    CHECK_EQ(net.listener->counts().handshakes_failed, 4U);
  });
}

TEST_CASE("garbage instead of HTTP/2 closes that connection only") {
  World world;
  world.run([](World& net) -> Task<void> {
    for (const Bytes& noise : {pattern(200), concat({preface(), Bytes(200, std::byte{0xff})}),
                               concat({preface(), frame(1, 5, 2, pattern(20))}),
                               concat({preface(), frame(0, 0, 99, pattern(20))})}) {
      const auto channel = co_await raw_client(&net, "h2");
      CHECK((co_await channel->write(noise)).has_value());
      CHECK(co_await closes(channel, 5s));
    }
    CHECK(co_await alive(&net));
  });
}

TEST_CASE("a silent peer is found out by pings, an idle one that answers them is kept") {
  World world;
  FakeProxy silent(world);
  world.run([&](World& net) -> Task<void> {
    const Http2Limits eager{.ping_interval = 40ms, .ping_timeout = 60ms};
    silent.start(net, [&net](std::shared_ptr<TlsChannel> channel) -> Task<void> {
      (void)co_await send_hello(channel, attest::Role::kProxy, {}, net.proxy_key);
    });
    const auto dead = co_await net.dialer->dial_forward(silent.acceptor->local(),
                                                        net.proxy_key->public_key(), eager, in(5s));
    const auto idle = co_await net.dial(eager);
    const auto begin = in(0s);
    auto answer = co_await dead.value()->http().send(get("/"), in(5s));
    CHECK(answer.error().is(HttpError::kUnreachable));
    CHECK(in(0s) - begin < 2s);
    co_await pause(300ms);
    CHECK(idle->is_open());
  });
}

TEST_CASE("nobody there, or nobody answering, is told in time") {
  World world;
  world.run([](World& net) -> Task<void> {
    tcp::acceptor black_hole(net.executor, {boost::asio::ip::address_v4::loopback(), 0});
    const Endpoint hole{"127.0.0.1", black_hole.local_endpoint().port()};
    const auto late =
        co_await net.dialer->dial_forward(hole, net.proxy_key->public_key(), {}, in(50ms));
    CHECK(late.error().is(async::AsyncError::kTimeout));
    black_hole.close();
    const auto refused =
        co_await net.dialer->dial_forward(hole, net.proxy_key->public_key(), {}, in(5s));
    CHECK(refused.error().is(NetError::kUnreachable));
  });
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
