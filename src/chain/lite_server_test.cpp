#include "chain/lite_server.h"

#include <doctest/doctest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "chain/lite_servers.h"
#include "tests/fakes/world/recorders.h"
#include "tests/support/adnl_server.h"
#include "ton/adnl/messages.h"
#include "ton/tl/tl.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): each closure outlives run().
namespace cocoon::chain {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

enum class Manner : std::uint8_t {
  kGood,
  kSilent,   // takes everything and says nothing, as a machine that is gone
  kHangsUp,  // closes at a query
  kDeaf,     // shakes no hands
};

// A lite-server on loopback that answers each query with the query itself.
class FakeLiteServer {
 public:
  FakeLiteServer(asio::io_context& loop, unsigned char seed)
      : acceptor_(loop, {asio::ip::address_v4::loopback(), 0}) {
    ByteArray<32> bytes{static_cast<std::byte>(seed)};
    seed_ = SecretArray<32>(bytes);
    async::spawn(loop.get_executor(), accept(), [](std::string_view) {});
  }
  [[nodiscard]] LiteServerAddress address() const {
    return {.host = "127.0.0.1",
            .port = acceptor_.local_endpoint().port(),
            .key = crypto::Ed25519KeyPair::from_seed(seed_.clone()).public_key()};
  }
  Manner manner = Manner::kGood;
  unsigned connections = 0;
  unsigned pings = 0;
  unsigned queries = 0;

 private:
  async::Task<void> accept() {
    for (;;) {
      auto [failed, socket] = co_await acceptor_.async_accept(kAwait);
      if (failed) co_return;
      ++connections;
      const auto executor = acceptor_.get_executor();
      async::spawn(executor, serve(std::move(socket)), [](std::string_view) {});
    }
  }
  async::Task<void> serve(tcp::socket socket) {
    Bytes handshake(ton::kAdnlHandshakeSize);
    if (const auto [failed, read] =
            co_await asio::async_read(socket, asio::buffer(handshake), kAwait);
        failed || manner == Manner::kDeaf) {
      co_return;
    }
    auto session = testing::AdnlServer::accept(handshake, seed_);
    if (!session) co_return;
    co_await send(socket, session->frame({}));
    for (;;) {
      Bytes head(4);
      if (const auto [failed, read] = co_await asio::async_read(socket, asio::buffer(head), kAwait);
          failed) {
        co_return;
      }
      session->decrypt(head);
      Bytes frame(Reader(head, Endian::kLittle).u32().value());
      if (const auto [failed, read] =
              co_await asio::async_read(socket, asio::buffer(frame), kAwait);
          failed) {
        co_return;
      }
      session->decrypt(frame);
      const auto reply = reply_to(BytesView(frame).subspan(32, frame.size() - 64));
      if (!reply) co_return;
      if (!reply->empty()) co_await send(socket, session->frame(*reply));
    }
  }
  // Nothing: hang up. Empty: say nothing.
  std::optional<Bytes> reply_to(BytesView payload) {
    ton::TlReader reader(payload);
    const std::uint32_t kind = reader.u32().value();
    if (kind == ton::tl_id("tcp.ping random_id:long = tcp.Pong")) {
      ++pings;
      if (manner == Manner::kSilent) return Bytes();
      return std::move(ton::TlWriter()
                           .u32(ton::tl_id("tcp.pong random_id:long = tcp.Pong"))
                           .u64(reader.u64().value()))
          .take();
    }
    ++queries;
    if (manner == Manner::kHangsUp) return std::nullopt;
    if (manner == Manner::kSilent) return Bytes();
    const auto id = reader.tagged<ton::QueryId>().value();
    return std::move(ton::TlWriter()
                         .u32(ton::tl_id(
                             "adnl.message.answer query_id:int256 answer:bytes = adnl.Message"))
                         .raw(id.view())
                         .bytes(reader.bytes().value()))
        .take();
  }
  static async::Task<void> send(tcp::socket& socket, Bytes frame) {
    (void)co_await asio::async_write(socket, asio::buffer(frame), kAwait);
  }

  tcp::acceptor acceptor_;
  SecretArray<32> seed_;
};

// The loop is destroyed first, with all coroutines that still wait.
struct Scene {
  std::unique_ptr<async::Clock> clock = async::make_real_clock();
  fakes::SeededRandom random{7};
  asio::io_context loop{1};
  FakeLiteServer fake{loop, 1};
  std::shared_ptr<LiteServer> server = connect({});

  std::shared_ptr<LiteServer> connect(LiteServerTimes times) {
    return std::make_shared<LiteServer>(loop.get_executor(), *clock, random, fake.address(), times);
  }
  template <class T>
  T run(async::Task<T> task) {
    std::optional<T> result;
    const auto keep = [&result](async::Task<T> from) -> async::Task<void> {
      result.emplace(co_await std::move(from));
    };
    async::spawn(loop.get_executor(), keep(std::move(task)), [](std::string_view) {});
    while (!result && loop.run_one() > 0) {
    }
    REQUIRE(result.has_value());
    return *std::move(result);
  }
  Result<Bytes> ask(async::Duration within = 20s) {
    return run(server->query(to_bytes("question"), clock->in(within)));
  }
  // Lets the loop run until the condition holds; fails after half a minute.
  void until(const std::function<bool()>& holds) {
    const auto give_up = clock->in(30s);
    while (!holds() && clock->now() < give_up) loop.run_one_for(10ms);
    CHECK(holds());
  }
};

}  // namespace

TEST_CASE("queries share one connection") {
  Scene scene;
  for (int i = 0; i < 3; ++i) CHECK_EQ(as_text(scene.ask().value()), "question");
  CHECK_EQ(scene.fake.connections, 1);
  CHECK_EQ(scene.fake.queries, 3);
}

TEST_CASE("an idle connection is kept alive by pings, and serves the next query") {
  Scene scene;
  scene.server = scene.connect({.ping_each = 5ms, .pong_within = 20s});
  REQUIRE(scene.ask().has_value());
  scene.until([&] { return scene.fake.pings >= 3; });
  CHECK(scene.server->is_connected());
  CHECK(scene.ask().has_value());
  CHECK_EQ(scene.fake.connections, 1);
  CHECK_EQ(scene.server->failures(), 0);
}

TEST_CASE("a server that answers no ping is given up before anybody asks it") {
  Scene scene;
  scene.server = scene.connect({.ping_each = 5ms, .pong_within = 30ms});
  REQUIRE(scene.ask().has_value());
  scene.fake.manner = Manner::kSilent;
  scene.until([&] { return !scene.server->is_connected(); });
  CHECK_EQ(scene.server->failures(), 1);

  scene.fake.manner = Manner::kGood;
  CHECK_EQ(as_text(scene.ask().value()), "question");
  CHECK_EQ(scene.fake.connections, 2);
}

TEST_CASE("a query that is not answered fails at its deadline and takes the connection along") {
  Scene scene;
  REQUIRE(scene.ask().has_value());
  scene.fake.manner = Manner::kSilent;
  const auto unanswered = scene.ask(30ms);
  REQUIRE_FALSE(unanswered.has_value());
  CHECK(unanswered.error().is(async::AsyncError::kTimeout));
  CHECK_FALSE(scene.server->is_connected());
  scene.fake.manner = Manner::kGood;
  CHECK(scene.ask().has_value());
  CHECK_EQ(scene.fake.connections, 2);
}

TEST_CASE("a connection that was closed while idle costs one more try, not the query") {
  Scene scene;
  REQUIRE(scene.ask().has_value());
  scene.fake.manner = Manner::kHangsUp;
  const auto refused = scene.ask();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(ChainError::kUnreachable));
  CHECK_EQ(refused.error().message(), "the lite-server closed the connection");
  CHECK_EQ(scene.fake.connections, 2);  // the second try was on a new one
  scene.fake.manner = Manner::kGood;
  CHECK(scene.ask().has_value());
}

TEST_CASE("a server without the key it is known by is no server") {
  Scene scene;
  LiteServerAddress address = scene.fake.address();
  ByteArray<32> other{std::byte{2}};
  address.key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>(other)).public_key();
  scene.server =
      std::make_shared<LiteServer>(scene.loop.get_executor(), *scene.clock, scene.random, address);
  CHECK(scene.ask().error().is(ChainError::kUnreachable));
}

TEST_CASE("the next server is asked when one fails, and only what passes the check is told") {
  Scene scene;
  FakeLiteServer second(scene.loop, 2);
  scene.fake.manner = Manner::kHangsUp;
  LiteServers servers(scene.loop.get_executor(), scene.loop.get_executor(), *scene.clock,
                      scene.random, {scene.fake.address(), second.address()});
  const LiteServers::Check<std::string> accept = [](BytesView answer) -> Result<std::string> {
    return std::string(as_text(answer));
  };
  const auto answered =
      scene.run(servers.race<std::string>(to_bytes("one"), accept, scene.clock->in(20s)));
  REQUIRE(answered.has_value());
  CHECK_EQ(answered->value, "one");
  CHECK_EQ(answered->server, "127.0.0.1:" + std::to_string(second.address().port));
  REQUIRE_EQ(servers.refusals().size(), 1);
  CHECK_EQ(servers.refusals()[0].reason.message(), "the lite-server closed the connection");

  scene.fake.manner = Manner::kGood;
  const LiteServers::Check<std::string> refuse = [](BytesView) -> Result<std::string> {
    return fail(ton::TonError::kBadProof, "not proven");
  };
  const auto refused =
      scene.run(servers.race<std::string>(to_bytes("two"), refuse, scene.clock->in(20s)));
  REQUIRE_FALSE(refused.has_value());
  CHECK_EQ(refused.error().message(), "not proven");
  CHECK_EQ(servers.refusals().size(), 3);
}

}  // namespace cocoon::chain
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
