// Clients of the local port that dribble, stall and crowd.
#include "net/http1_test_support.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes, run_to_end() and
// serve() keep the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;

namespace {

using Crowd = std::vector<std::unique_ptr<RawClient>>;

// So many clients who each say this and no more.
Task<Crowd> crowd(Local* at, std::size_t size, std::string text) {
  Crowd clients;
  for (std::size_t i = 0; i < size; ++i) {
    clients.push_back(std::make_unique<RawClient>(at->executor));
    co_await clients.back()->connect(at->server->local());
    if (!text.empty()) CHECK(co_await clients.back()->say(text));
  }
  co_await pause(20ms);
  co_return clients;
}

Task<int> status_for_a_new_client(Local* at) {
  const auto client = at->client();
  auto answer = co_await client->send(post("/echo", to_bytes("hello")), in(5s));
  if (!answer) co_return 0;
  const auto body = co_await ports::read_all(*answer->body, 1024);
  co_return body&& as_text(*body) == "hello" ? answer->status : 0;
}

}  // namespace

TEST_CASE("a client that dribbles its header, or says nothing, is closed in time") {
  Local local;
  local.options.header_timeout = 150ms;
  local.run([](Local& at) -> Task<void> {
    RawClient slow(at.executor);
    RawClient mute(at.executor);
    co_await slow.connect(at.server->local());
    co_await mute.connect(at.server->local());
    const auto begin = in(0s);
    bool open = true;
    for (int i = 0; open && i < 100; ++i) {
      open = co_await slow.say(i == 0 ? "GET /echo HTTP/1.1\r\nx: " : "a");
      co_await pause(20ms);
    }
    CHECK_FALSE(open);
    CHECK_EQ(co_await mute.hear_all(), "");
    CHECK(in(0s) - begin < 3s);
    CHECK_EQ(at.server->connections(), 0U);
  });
}

TEST_CASE("a request whose body stops coming is broken off") {
  Local local;
  local.options.body_timeout = 100ms;
  local.run([](Local& at) -> Task<void> {
    RawClient client(at.executor);
    co_await client.connect(at.server->local());
    CHECK(co_await client.say("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"));
    CHECK_EQ(co_await client.hear_all(), "");
  });
}

TEST_CASE("a body that dribbles is broken off although it never falls silent") {
  Local local;
  local.options.body_timeout = 150ms;
  local.run([](Local& at) -> Task<void> {
    RawClient client(at.executor);
    co_await client.connect(at.server->local());
    const auto begin = in(0s);
    bool open = co_await client.say("POST /echo HTTP/1.1\r\nContent-Length: 10000\r\n\r\n");
    for (int i = 0; open && i < 200; ++i) {
      open = co_await client.say("a");
      co_await pause(20ms);
    }
    CHECK_FALSE(open);
    CHECK(in(0s) - begin < 3s);
  });
}

TEST_CASE("a body that comes steadily may take longer than one step's patience") {
  Local local;
  local.options.body_timeout = 2s;
  local.run([](Local& at) -> Task<void> {
    RawClient client(at.executor);
    co_await client.connect(at.server->local());
    CHECK(co_await client.say("POST /echo HTTP/1.1\r\nContent-Length: 163840\r\n\r\n"));
    for (int i = 0; i < 10; ++i) {
      CHECK(co_await client.say(std::string(16384, 'a')));
      co_await pause(250ms);
    }
    CHECK((co_await client.hear("\r\n\r\n")).starts_with("HTTP/1.1 200"));
  });
}

TEST_CASE("those who wait in silence, in half a header or in half a body make room for who asks") {
  for (const std::string text :
       {"", "POST /echo HTTP/1.1\r\nx: ", "POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
        "GET /nowhere HTTP/1.1\r\n\r\n"}) {
    CAPTURE(text);
    Local local;
    local.options.connections_max = 20;
    local.run([text](Local& at) -> Task<void> {
      const Crowd attackers = co_await crowd(&at, 60, text);
      CHECK(at.server->connections() <= 21U);
      for (int i = 0; i < 5; ++i) CHECK_EQ(co_await status_for_a_new_client(&at), 200);
      CHECK(at.server->connections() <= 21U);
    });
  }
}

TEST_CASE("of those who wait the one that has waited longest goes, and none at work goes") {
  Local local;
  local.options.connections_max = 3;
  local.routes["/slow"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await pause(300ms);
    (void)co_await ports::respond(response, 200, {}, to_bytes("late"));
  };
  local.run([](Local& at) -> Task<void> {
    const Crowd busy = co_await crowd(&at, 1, "GET /slow HTTP/1.1\r\n\r\n");
    const Crowd idle = co_await crowd(&at, 1, "");
    const Crowd uploading =
        co_await crowd(&at, 1, "POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nab");
    const Crowd next = co_await crowd(&at, 1, "GET /slow HTTP/1.1\r\n\r\n");
    CHECK_EQ(co_await idle[0]->hear_all(), "");
    CHECK(co_await uploading[0]->say("cd"));
    CHECK((co_await uploading[0]->hear("abcd")).starts_with("HTTP/1.1 200"));
    CHECK((co_await busy[0]->hear("late")).starts_with("HTTP/1.1 200"));
    CHECK((co_await next[0]->hear("late")).starts_with("HTTP/1.1 200"));
  });
}

TEST_CASE("bodies that dribble do not push out who has just come and is about to ask") {
  Local local;
  local.options.connections_max = 5;
  int begun = 0;
  local.routes["/upload"] = [&begun](ports::HttpRequest request,
                                     ports::ResponseWriter&) -> Task<void> {
    ++begun;
    (void)co_await ports::read_all(*request.body, 1000);
  };
  local.run([&begun](Local& at) -> Task<void> {
    const std::string begin = "POST /upload HTTP/1.1\r\nContent-Length: 1000\r\n\r\n";
    const Crowd old = co_await crowd(&at, 4, begin);
    while (begun < 4) co_await pause(1ms);
    const auto dribble = [](const Crowd& all) -> Task<void> {
      for (const auto& each : all) CHECK(co_await each->say("a"));
      co_await pause(10ms);
    };
    co_await dribble(old);
    RawClient newcomer(at.executor);
    co_await newcomer.connect(at.server->local());
    while (at.server->connections() < 5) co_await pause(1ms);
    co_await dribble(old);
    const Crowd more = co_await crowd(&at, 3, begin);
    CHECK(co_await newcomer.say("GET /nowhere HTTP/1.1\r\n\r\n"));
    CHECK((co_await newcomer.hear("no such path")).starts_with("HTTP/1.1 404"));
  });
}

TEST_CASE("where every connection has its request under way the next is told 503") {
  Local local;
  local.options.connections_max = 2;
  local.routes["/slow"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await pause(200ms);
    (void)co_await ports::respond(response, 200, {}, to_bytes("late"));
  };
  local.run([](Local& at) -> Task<void> {
    const Crowd busy = co_await crowd(&at, 2, "GET /slow HTTP/1.1\r\n\r\n");
    RawClient third(at.executor);
    co_await third.connect(at.server->local());
    const std::string told = co_await third.hear_all();
    CHECK(told.starts_with("HTTP/1.1 503 "));
    CHECK(told.find("retry-after: 1") != std::string::npos);
    for (const auto& client : busy)
      CHECK((co_await client->hear("late")).starts_with("HTTP/1.1 200"));
    CHECK_EQ(co_await status_for_a_new_client(&at), 200);
  });
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
