// Peers that go away, read slowly or not at all, or say too much at once.
#include "net/net_test_support.h"
#include "net/reconnecting_client.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes and run_to_end() keep
// the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;
using ports::HttpError;

TEST_CASE("a reconnecting client waits for a dial under way, fails fast while its proxy is away") {
  World world;
  std::vector<bool> changes;
  world.run([&changes](World& net) -> Task<void> {
    ReconnectOptions options{.to = net.listener->local(),
                             .expected_proxy_key = net.proxy_key->public_key()};
    options.backoff_min = 5ms;
    options.backoff_max = 20ms;
    options.redial_wait_max = 5s;
    ReconnectingClient client(net.executor, net.dialer, options,
                              [&changes](bool up, const Error*) { changes.push_back(up); });
    CHECK_FALSE(client.is_up());
    CHECK_EQ((co_await client.send(post("/echo", {}), in(5s))).value().status, 200);
    net.listener->stop();
    for (int i = 0; i < 1000 && client.is_up(); ++i) co_await pause(1ms);
    for (int i = 0; i < 3; ++i) {
      const auto begin = in(0s);
      const auto away = co_await client.send(get("/echo"), in(5s));
      CHECK(away.error().is(HttpError::kUnreachable));
      // Why is told, too.
      CHECK(away.error().message().starts_with("not connected to " + options.to.text() + ": "));
      CHECK(in(0s) - begin < 2s);
    }
    CHECK_FALSE(co_await client.wait_up(in(50ms)));
    net.options.bind = options.to;
    net.open();
    CHECK(co_await client.wait_up(in(5s)));
    CHECK_EQ((co_await client.send(post("/echo", {}), in(5s))).value().status, 200);
  });
  REQUIRE(changes.size() >= 3);
  CHECK(changes.front());
  CHECK_FALSE(changes[1]);
  CHECK(changes.back());
}

TEST_CASE("a request that comes while its connection is dialled again is answered by the new one") {
  World world;
  world.run([](World& net) -> Task<void> {
    ReconnectOptions options{.to = net.listener->local(),
                             .expected_proxy_key = net.proxy_key->public_key()};
    options.backoff_min = 200ms;
    options.redial_wait_max = 5s;
    ReconnectingClient client(net.executor, net.dialer, options);
    CHECK(co_await client.wait_up(in(5s)));
    net.listener->stop();
    net.options.bind = options.to;
    net.open();
    for (int i = 0; i < 1000 && client.is_up(); ++i) co_await pause(1ms);
    CHECK_FALSE(client.is_up());
    CHECK_EQ((co_await client.send(post("/echo", {}), in(5s))).value().status, 200);
  });
}

TEST_CASE("a request waits for a dial no longer than its own deadline and the bound") {
  World world;
  world.run([](World& net) -> Task<void> {
    // Takes connections and says nothing.
    boost::asio::ip::tcp::acceptor mute(net.executor, {boost::asio::ip::address_v4::loopback(), 0});
    ReconnectOptions options{.to = {.host = "127.0.0.1", .port = mute.local_endpoint().port()},
                             .expected_proxy_key = net.proxy_key->public_key()};
    options.redial_wait_max = 100ms;
    ReconnectingClient client(net.executor, net.dialer, options);
    for (const auto deadline : {in(5s), in(10ms)}) {
      const auto begin = in(0s);
      CHECK((co_await client.send(get("/echo"), deadline)).error().is(HttpError::kUnreachable));
      CHECK(in(0s) - begin < 3s);
    }
    mute.close();
  });
}

TEST_CASE("a peer that takes nothing of its answer loses the stream and not the connection") {
  World world;
  world.options.forward_limits.output_stall_max = 300ms;
  std::optional<Status> written;
  world.routes["/endless"] = [&](ports::HttpRequest,
                                 ports::ResponseWriter& response) -> Task<void> {
    if (!response.head(200, {})) co_return;
    do {
      written = co_await response.write(Bytes(16 * 1024));
    } while (*written);
  };
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    const auto answer = (co_await connection->http().send(get("/endless"), in(5s))).value();
    // Its window fills, and nobody reads.
    co_await pause(1s);
    REQUIRE(written.has_value());
    CHECK(written->error().is(HttpError::kBroken));
    auto echo = co_await connection->http().send(post("/echo", to_bytes("x")), in(5s));
    CHECK(echo.has_value());
  });
}

TEST_CASE("a peer that reads slowly but steadily keeps its stream") {
  World world;
  world.options.forward_limits.output_stall_max = 300ms;
  world.routes["/long"] = [&](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::respond(response, 200, {}, Bytes(1024 * 1024));
  };
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    const auto answer = (co_await connection->http().send(get("/long"), in(5s))).value();
    std::size_t read = 0;
    for (;;) {
      const auto chunk = co_await answer.body->read();
      REQUIRE(chunk.has_value());
      if (chunk->empty()) break;
      read += chunk->size();
      co_await pause(150ms);
    }
    CHECK_EQ(read, 1024 * 1024);
  });
}

TEST_CASE("what arrives while a connection is given up is not looked at any more") {
  World world;
  world.run([&](World& net) -> Task<void> {
    for (int round = 0; round < 20; ++round) {
      const auto connection = co_await net.dial();
      {
        auto answer = co_await connection->http().send(post("/echo", Bytes(256 * 1024)), in(5s));
        CHECK(answer.has_value());
      }
      for (int i = 0; i <= round; ++i) co_await async::yield_now();
      connection->close();
      for (int i = 0; i < 20; ++i) co_await async::yield_now();
      CHECK_FALSE(connection->is_open());
    }
  });
}

TEST_CASE("a peer whose header block is over our bound has its stream reset") {
  World world;
  world.options.forward_limits.header_list_bytes_max = 1000;
  world.routes["/wide"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::respond(response, 200, {{"x", std::string(700, 'b')}}, {});
  };
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    ports::HttpRequest request = get("/echo");
    request.headers.push_back({"x", std::string(2000, 'a')});
    const auto answer = co_await connection->http().send(std::move(request), in(5s));
    CHECK(answer.error().is(HttpError::kBroken));
    const auto narrow = co_await net.dial({.header_list_bytes_max = 600});
    const auto wide = co_await narrow->http().send(get("/wide"), in(5s));
    CHECK(wide.error().is(HttpError::kTooLarge));
  });
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
