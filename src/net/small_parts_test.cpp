#include <boost/asio/io_context.hpp>
#include <csignal>

#include "net/net_test_support.h"
#include "net/shutdown_signal.h"

using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;

TEST_CASE("an endpoint is host and port, with brackets around IPv6") {
  CHECK(Endpoint::parse("127.0.0.1:11000").value() == Endpoint{"127.0.0.1", 11000});
  CHECK(Endpoint::parse("[::1]:1").value() == Endpoint{"::1", 1});
  CHECK_EQ(Endpoint::parse("[::1]:1").value().text(), "[::1]:1");
  CHECK_EQ(Endpoint::parse("host.example:80").value().text(), "host.example:80");
  for (const char* bad : {"", "host", "host:", ":80", "host:65536", "host:-1", "host: 80", "::1:80",
                          "[::1]80", "[::1"}) {
    CHECK_MESSAGE(!Endpoint::parse(bad).has_value(), bad);
  }
}

TEST_CASE("the system's randomness does not repeat") {
  OsRandom random;
  const auto first = random.array<32>();
  CHECK(first != random.array<32>());
  Bytes large(3U << 20U);
  random.fill(large);
  CHECK_FALSE(equal(BytesView(large).first(32), BytesView(large).last(32)));
}

TEST_CASE("a termination signal ends the wait") {
  boost::asio::io_context loop;
  bool ended = false;
  const auto body = [](bool* flag) -> Task<void> {
    co_await wait_for_shutdown_signal();
    *flag = true;
  };
  async::spawn(loop.get_executor(), body(&ended), [](std::string_view) {});
  loop.poll();
  CHECK_FALSE(ended);
  REQUIRE_EQ(std::raise(SIGTERM), 0);
  loop.run_for(5s);
  CHECK(ended);
}

TEST_CASE("a port that is taken cannot be listened on") {
  World world;
  world.open();
  const auto key = new_key();
  const auto again =
      Listener::open(world.executor, {.bind = world.listener->local()}, key, world.routes, {});
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().is(NetError::kBind));
  const auto nonsense =
      Listener::open(world.executor, {.bind = {"no.such.name", 1}}, key, world.routes, {});
  CHECK(nonsense.error().is(NetError::kBind));
}
