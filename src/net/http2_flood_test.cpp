// Peers that flood one HTTP/2 connection. Each loses that connection, or gains nothing by the
// flood, while others are served.
#include "net/raw_http2_test_support.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes and run_to_end() keep
// the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;

namespace {

constexpr unsigned kData = 0;
constexpr unsigned kHeaders = 1;
constexpr unsigned kPriority = 2;
constexpr unsigned kSettings = 4;
constexpr unsigned kPing = 6;
constexpr unsigned kWindowUpdate = 8;
constexpr unsigned kContinuation = 9;
constexpr unsigned kUnknown = 0xfa;

// A literal field, never indexed (RFC 7541 §6.2.3), or entered into the table (§6.2.1).
enum class Index : std::uint8_t { kNever = 0x10, kEntered = 0x40 };
Bytes field(Index index, std::string_view name, std::string_view value) {
  Writer writer;
  writer.u8(static_cast<std::uint8_t>(index)).u8(static_cast<std::uint8_t>(name.size()));
  writer.bytes(as_bytes(name));
  // A length of 127 or more goes on in seven-bit groups (§5.1).
  if (value.size() < 127) {
    writer.u8(static_cast<std::uint8_t>(value.size()));
  } else {
    const std::size_t rest = value.size() - 127;
    writer.u8(127).u8(static_cast<std::uint8_t>(rest % 128 + 128));
    writer.u8(static_cast<std::uint8_t>(rest / 128));
  }
  writer.bytes(as_bytes(value));
  return std::move(writer).take();
}

// What a flood came to: the peer closed the connection, or took it all in.
enum class Outcome : std::uint8_t { kClosed, kTaken };

// Says the preface and `opening`, then `unit` again and again; others are served meanwhile.
Task<Outcome> flood(World* net, Bytes opening, Bytes unit, int times) {
  const auto channel = co_await raw_client(net, "h2");
  Bytes batch;
  int in_batch = 0;
  while (batch.size() < 32 * 1024 && in_batch < 500) {
    append(batch, unit);
    ++in_batch;
  }
  Status sent = co_await channel->write(concat({preface(), opening}));
  for (int said = 0; sent && said < times; said += in_batch) {
    sent = co_await channel->write(batch);
    if (said % (8 * in_batch) == 0) CHECK(co_await alive(net));
  }
  const bool is_closed = co_await closes(channel, sent ? async::Duration(300ms) : 5s);
  CHECK(co_await alive(net));
  CHECK_EQ(net->listener->counts().buffered_bytes, 0U);
  co_return is_closed ? Outcome::kClosed : Outcome::kTaken;
}

Task<void> never_answers(ports::HttpRequest, ports::ResponseWriter& response) {
  co_await response.wait_closed();
}

}  // namespace

TEST_CASE("a peer that opens and resets streams without end, or floods with pings, is closed") {
  World world;
  world.options.forward_limits.resets_max = 100;
  world.options.forward_limits.control_frames_max = 200;
  int handled = 0;
  world.routes["/"] = [&handled](ports::HttpRequest,
                                 ports::ResponseWriter& response) -> Task<void> {
    ++handled;
    co_await response.wait_closed();
  };
  world.run([](World& net) -> Task<void> {
    const auto resetter = co_await raw_client(&net, "h2");
    Bytes flood = preface();
    for (std::uint32_t i = 0; i < 400; ++i) {
      append(flood, get_root(2 * i + 1));
      append(flood, reset_frame(2 * i + 1));
    }
    (void)co_await resetter->write(flood);
    CHECK(co_await closes(resetter, 5s));

    const auto pinger = co_await raw_client(&net, "h2");
    flood = preface();
    for (int i = 0; i < 400; ++i) append(flood, frame(6, 0, 0, pattern(8)));
    (void)co_await pinger->write(flood);
    CHECK(co_await closes(pinger, 5s));
    CHECK(co_await alive(&net));
  });
  CHECK(handled <= 110);
}

TEST_CASE("resetting streams does not give a peer more handlers than the bound") {
  World world;
  world.options.forward_limits.streams_max = 3;
  int handled = 0;
  world.routes["/"] = [&handled](ports::HttpRequest,
                                 ports::ResponseWriter& response) -> Task<void> {
    ++handled;
    co_await pause(300ms);
    (void)co_await ports::respond(response, 200, {}, {});
  };
  world.run([](World& net) -> Task<void> {
    const auto channel = co_await raw_client(&net, "h2");
    (void)co_await channel->write(preface());
    for (std::uint32_t i = 0; i < 10; ++i) {
      (void)co_await channel->write(get_root(2 * i + 1));
      co_await pause(3ms);
      (void)co_await channel->write(reset_frame(2 * i + 1));
    }
    CHECK(co_await alive(&net));
  });
  CHECK_EQ(handled, 3);
}

TEST_CASE("floods of SETTINGS, PING, PRIORITY and empty DATA close the connection") {
  World world;
  world.routes["/"] = never_answers;
  world.run([](World& net) -> Task<void> {
    const Bytes ack_me = frame(kPing, 0, 0, pattern(8));
    const Bytes priority = frame(kPriority, 0, 1, Bytes(5));
    const Bytes settings = frame(kSettings, 0, 0, {});
    for (const Bytes& unit : {ack_me, priority, settings})
      CHECK(co_await flood(&net, {}, unit, 12'000) == Outcome::kClosed);
    // POST / by the static table, its body still to come.
    const Bytes open_post = frame(kHeaders, 4, 1, as_bytes("\x83\x87\x84\x41\x01x"));
    const Bytes nothing = frame(kData, 0, 1, {});
    CHECK(co_await flood(&net, open_post, nothing, 12'000) == Outcome::kClosed);
  });
}

TEST_CASE("frames of unknown types and small windows cost next to nothing and change nothing") {
  World world;
  world.routes["/"] = never_answers;
  world.run([](World& net) -> Task<void> {
    const Bytes unknown = frame(kUnknown, 0, 0, pattern(64));
    (void)co_await flood(&net, {}, unknown, 12'000);
    const Bytes window = frame(kWindowUpdate, 0, 0, Writer().u32(1).view());
    (void)co_await flood(&net, {}, window, 12'000);
  });
}

TEST_CASE("a window that overflows, or grows by nothing, is an error of who sends it") {
  World world;
  world.routes["/"] = never_answers;
  world.run([](World& net) -> Task<void> {
    const Bytes overflow = frame(kWindowUpdate, 0, 0, Writer().u32(0x7fffffff).view());
    CHECK(co_await flood(&net, {}, overflow, 2) == Outcome::kClosed);
    const Bytes nothing = frame(kWindowUpdate, 0, 0, Writer().u32(0).view());
    CHECK(co_await flood(&net, {}, nothing, 1) == Outcome::kClosed);
    const Bytes huge_initial = frame(kSettings, 0, 0, Writer().u16(4).u32(0x80000000).view());
    CHECK(co_await flood(&net, {}, huge_initial, 1) == Outcome::kClosed);
  });
}

TEST_CASE("making us reset streams gives no more handlers than the bound") {
  World world;
  world.options.forward_limits.streams_max = 5;
  world.options.forward_limits.control_frames_max = 100;
  int handled = 0;
  world.routes["/"] = [&handled](ports::HttpRequest,
                                 ports::ResponseWriter& response) -> Task<void> {
    ++handled;
    co_await pause(300ms);
    (void)co_await ports::respond(response, 200, {}, {});
  };
  world.run([](World& net) -> Task<void> {
    const auto channel = co_await raw_client(&net, "h2");
    (void)co_await channel->write(preface());
    Bytes attack;
    for (std::uint32_t i = 0; i < 300; ++i) {
      // A window that grows by nothing is a stream error: the server has to reset (MadeYouReset).
      append(attack, get_root(2 * i + 1));
      append(attack, frame(kWindowUpdate, 0, 2 * i + 1, Writer().u32(0).view()));
    }
    (void)co_await channel->write(attack);
    CHECK(co_await closes(channel, 5s));
    CHECK(co_await alive(&net));
  });
  CHECK(handled <= 5);
}

TEST_CASE("a header block without end is cut off") {
  World world;
  world.run([](World& net) -> Task<void> {
    const Bytes opening = frame(kHeaders, 1, 1, as_bytes("\x82\x87\x84\x41\x01x"));
    const Bytes empty = frame(kContinuation, 0, 1, {});
    CHECK(co_await flood(&net, opening, empty, 20'000) == Outcome::kClosed);
    const Bytes more = frame(kContinuation, 0, 1, field(Index::kNever, "x-a", "0123456789"));
    CHECK(co_await flood(&net, opening, more, 20'000) == Outcome::kClosed);
    const Bytes large =
        frame(kContinuation, 0, 1, field(Index::kNever, "x-a", std::string(16'000, 'a')));
    CHECK(co_await flood(&net, opening, large, 2'000) == Outcome::kClosed);
  });
}

TEST_CASE("a header block that unfolds to megabytes is refused, the connection goes on") {
  World world;
  int handled = 0;
  world.routes["/"] = [&handled](ports::HttpRequest,
                                 ports::ResponseWriter& response) -> Task<void> {
    ++handled;
    (void)co_await ports::respond(response, 200, {}, {});
  };
  world.run([](World& net) -> Task<void> {
    const auto channel = co_await raw_client(&net, "h2");
    (void)co_await channel->write(preface());
    // The table takes one field of 4,000 bytes; each further byte of the block repeats it.
    const Bytes request = to_bytes("\x82\x87\x84\x41\x01x");
    const Bytes entry = field(Index::kEntered, "x-a", std::string(4000, 'a'));
    const Bytes bomb = concat({request, entry, Bytes(12'000, std::byte{0xbe})});
    (void)co_await channel->write(frame(kHeaders, 5, 1, bomb));
    const Bytes repeat = concat({request, Bytes(16'000, std::byte{0xbe})});
    for (std::uint32_t stream = 3; stream < 60; stream += 2)
      (void)co_await channel->write(frame(kHeaders, 5, stream, repeat));
    CHECK(co_await alive(&net));
    (void)co_await channel->write(get_root(61));
    CHECK_FALSE(co_await closes(channel, 200ms));
  });
  CHECK_EQ(handled, 1);
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
