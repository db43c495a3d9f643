// Peers that take places and memory from others.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/peer_network.h"
#include "net/raw_http2_test_support.h"
#include "tests/fakes/world/recorders.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes and run_to_end() keep
// the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;
using boost::asio::ip::tcp;

namespace {

// Connections that say nothing, from this address.
Task<std::vector<tcp::socket>> mute_crowd(World* net, std::size_t size, std::string from) {
  const auto to = net->listener->local();
  std::vector<tcp::socket> crowd;
  for (std::size_t i = 0; i < size; ++i) {
    boost::system::error_code error;
    auto& socket = crowd.emplace_back(net->executor);
    socket.open(tcp::v4());
    socket.bind({boost::asio::ip::make_address(from), 0});
    co_await socket.async_connect({boost::asio::ip::make_address(to.host), to.port},
                                  boost::asio::redirect_error(boost::asio::use_awaitable, error));
    CHECK_FALSE(error);
  }
  co_await pause(50ms);
  co_return crowd;
}

Task<bool> is_served(std::shared_ptr<ForwardConnection> connection) {
  auto answer = co_await connection->http().send(post("/echo", to_bytes("x")), in(5s));
  co_return answer.has_value() && answer->status == 200;
}

// SETTINGS with this INITIAL_WINDOW_SIZE.
Bytes preface_with_window(std::uint32_t bytes) {
  return concat({as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                 frame(4, 0, 0, Writer().u16(4).u32(bytes).view())});
}

}  // namespace

TEST_CASE("an IPv6 peer is its first 64 bits, a mapped IPv4 one its address") {
  const auto network = [](const char* text) {
    return network_of(boost::asio::ip::make_address(text));
  };
  CHECK_EQ(network("192.0.2.7"), "192.0.2.7");
  CHECK_EQ(network("::ffff:192.0.2.7"), "192.0.2.7");
  CHECK_EQ(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  CHECK_EQ(network("2001:db8:1:2:ffff::"), network("2001:db8:1:2::1"));
  CHECK(network("2001:db8:1:3::1") != network("2001:db8:1:2::1"));
}

TEST_CASE("one address cannot take the places of all") {
  World world;
  world.options.connections_per_network_max = 5;
  world.run([](World& net) -> Task<void> {
    const auto crowd = co_await mute_crowd(&net, 20, "127.0.0.2");
    CHECK_EQ(net.listener->counts().accepted, 5U);
    CHECK_EQ(net.listener->counts().refused, 15U);
    CHECK(co_await alive(&net));
  });
}

TEST_CASE("a connection that ends gives its address a place back") {
  World world;
  world.options.connections_per_network_max = 2;
  world.run([](World& net) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      CHECK(co_await alive(&net));
      co_await pause(20ms);
    }
  });
}

TEST_CASE("those who never finish their handshake make room for who does") {
  World world;
  world.options.handshakes_max = 5;
  world.run([](World& net) -> Task<void> {
    const auto crowd = co_await mute_crowd(&net, 30, "127.0.0.2");
    for (int i = 0; i < 3; ++i) CHECK(co_await alive(&net));
    CHECK(net.listener->counts().made_room >= 25U);
    CHECK_EQ(net.listener->counts().refused, 0U);
  });
}

TEST_CASE(
    "a flood of handshakes that are begun and left stays within the bound, and metrics tell") {
  World world;
  world.options.handshakes_max = 8;
  fakes::CountingMetrics metrics;
  world.run([&metrics](World& net) -> Task<void> {
    for (int wave = 0; wave < 10; ++wave) {
      const auto crowd = co_await mute_crowd(&net, 20, "127.0.0.2");
      CHECK(co_await alive(&net));
      net.listener->report_to(metrics);
      CHECK(metrics.value(ports::Gauge::kHandshakesInFlight) <= 8);
    }
    co_await pause(50ms);
    net.listener->report_to(metrics);
    const ListenerCounts counts = net.listener->counts();
    CHECK_EQ(metrics.count(ports::Counter::kConnectionsAccepted), counts.accepted);
    CHECK(counts.accepted >= 200U);
    CHECK_EQ(metrics.count(ports::Counter::kConnectionsMadeRoom), counts.made_room);
    CHECK_EQ(metrics.count(ports::Counter::kHandshakesFailed), counts.handshakes_failed);
    CHECK(counts.handshakes_failed >= 150U);
  });
}

TEST_CASE("a full listener closes the connection that is idle longest, none that is at work") {
  World world;
  world.options.connections_max = 3;
  world.routes["/slow"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await pause(300ms);
    (void)co_await ports::respond(response, 200, {}, to_bytes("late"));
  };
  world.run([](World& net) -> Task<void> {
    const auto busy = co_await net.dial();
    std::optional<int> status;
    const auto ask = [](std::shared_ptr<ForwardConnection> over,
                        std::optional<int>& to) -> Task<void> {
      auto answer = co_await over->http().send(get("/slow"), in(5s));
      to = answer ? answer->status : 0;
    };
    async::spawn(net.executor, ask(busy, status), [](std::string_view) {});
    co_await pause(20ms);
    const auto oldest = co_await net.dial();
    CHECK(co_await is_served(oldest));
    const auto younger = co_await net.dial();
    CHECK(co_await is_served(younger));
    const auto fourth = co_await net.dial();
    CHECK(co_await is_served(fourth));
    CHECK_FALSE(oldest->is_open());
    CHECK(younger->is_open());
    while (!status) co_await pause(10ms);
    CHECK_EQ(status, 200);
    CHECK_EQ(net.listener->counts().made_room, 1U);
  });
}

TEST_CASE("a burst from one address makes room itself, however long others have been idle") {
  World world;
  world.options.connections_max = 10;
  world.run([](World& net) -> Task<void> {
    const auto patient = co_await net.dial();
    CHECK(co_await is_served(patient));
    co_await pause(50ms);
    const auto crowd = co_await mute_crowd(&net, 40, "127.0.0.2");
    CHECK(patient->is_open());
    CHECK(co_await is_served(patient));
    CHECK(co_await alive(&net));
    CHECK(net.listener->counts().made_room >= 30U);
  });
}

TEST_CASE(
    "answers that nobody takes are held up to the budget, and who holds most of it is closed") {
  World world;
  world.options.buffered_bytes_max = 4 << 20U;
  world.routes["/"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::respond(response, 200, {}, pattern(300'000));
  };
  world.run([](World& net) -> Task<void> {
    const auto modest = co_await raw_client(&net, "h2");
    (void)co_await modest->write(concat({preface_with_window(0), get_root(1)}));
    const auto greedy = co_await raw_client(&net, "h2");
    (void)co_await greedy->write(preface_with_window(0));
    for (std::uint32_t stream = 1; stream < 60; stream += 2)
      (void)co_await greedy->write(get_root(stream));
    CHECK(co_await closes(greedy, 5s));
    CHECK_FALSE(co_await closes(modest, 100ms));
    CHECK(co_await alive(&net));
    CHECK_EQ(net.listener->counts().shed, 1U);
    CHECK(net.listener->counts().buffered_bytes <= 300'000U);
  });
}

TEST_CASE("an answer of which all but a byte was taken still counts whole") {
  World world;
  world.options.buffered_bytes_max = 1 << 20U;
  world.routes["/"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::respond(response, 200, {}, pattern(60'000));
  };
  world.run([](World& net) -> Task<void> {
    const auto channel = co_await raw_client(&net, "h2");
    // The connection's own window (64 KiB) is opened as well.
    (void)co_await channel->write(
        concat({preface_with_window(59'999), frame(8, 0, 0, Writer().u32(1U << 30U).view())}));
    for (std::uint32_t stream = 1; stream < 60; stream += 2)
      (void)co_await channel->write(get_root(stream));
    CHECK(co_await closes(channel, 5s));
    CHECK_EQ(net.listener->counts().shed, 1U);
    CHECK_EQ(net.listener->counts().buffered_bytes, 0U);
  });
}

TEST_CASE("requests that no handler reads are held up to the budget") {
  World world;
  world.options.buffered_bytes_max = 1 << 20U;
  world.routes["/stuck"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await response.wait_closed();
  };
  world.run([](World& net) -> Task<void> {
    const auto hog = co_await net.dial();
    int failed = 0;
    const auto ask = [](std::shared_ptr<ForwardConnection> over, int& count) -> Task<void> {
      const auto answer = co_await over->http().send(post("/stuck", pattern(200'000)), in(10s));
      if (!answer) ++count;
    };
    for (int i = 0; i < 10; ++i)
      async::spawn(net.executor, ask(hog, failed), [](std::string_view) {});
    while (failed < 10) co_await pause(5ms);
    CHECK_EQ(net.listener->counts().shed, 1U);
    CHECK_EQ(net.listener->counts().buffered_bytes, 0U);
    CHECK(co_await alive(&net));
  });
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
