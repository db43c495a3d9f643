#include "net/http1_test_support.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes, run_to_end() and
// serve() keep the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;
using ports::HttpError;

TEST_CASE("a local request is answered, with any size of body") {
  Local local;
  local.run([](Local& at) -> Task<void> {
    const auto client = at.client();
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{3} << 20U}) {
      auto answer = co_await client->send(post("/echo", pattern(size)), in(5s));
      REQUIRE(answer.has_value());
      CHECK_EQ(answer->status, 200);
      const auto body = co_await ports::read_all(*answer->body, 64U << 20U);
      CHECK(equal(body.value(), pattern(size)));
    }
    auto missing = co_await client->send(get("/nowhere"), in(5s));
    CHECK_EQ(missing.value().status, 404);
  });
}

TEST_CASE("each chunk of a streamed answer arrives before the next is written") {
  Local local;
  int acknowledged = 0;
  local.routes["/stream"] = [&](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {{"content-type", "text/event-stream"}});
    for (int i = 0; i < 3; ++i) {
      (void)co_await response.write(to_bytes("data: " + std::to_string(i) + "\n\n"));
      while (acknowledged <= i) co_await pause(1ms);
    }
    (void)co_await response.finish({});
  };
  local.run([&](Local& at) -> Task<void> {
    auto answer = co_await at.client()->send(get("/stream"), in(5s));
    CHECK_EQ(ports::find_field(answer.value().headers, "content-type"), "text/event-stream");
    for (int i = 0; i < 3; ++i) {
      const auto chunk = co_await answer->body->read();
      CHECK_EQ(as_text(chunk.value()), "data: " + std::to_string(i) + "\n\n");
      ++acknowledged;
    }
    CHECK((co_await answer->body->read()).value().empty());
  });
}

TEST_CASE("requests follow each other on one connection, pipelined ones too") {
  Local local;
  local.run([](Local& at) -> Task<void> {
    RawClient client(at.executor);
    co_await client.connect(at.server->local());
    const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    for (int i = 0; i < 2; ++i) {
      CHECK(co_await client.say(request));
      const std::string answer = co_await client.hear("abc");
      CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    }
    CHECK(co_await client.say(request + request + request));
    for (int i = 0; i < 3; ++i)
      CHECK((co_await client.hear("abc")).starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(co_await client.say("GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n"));
    const std::string last = co_await client.hear_all();
    CHECK(last.find("connection: close") != std::string::npos);
    CHECK(last.starts_with("HTTP/1.1 404"));
  });
}

TEST_CASE("a body over the bound is answered by 413 with an error object") {
  Local local;
  local.options.body_bytes_max = 1000;
  local.run([](Local& at) -> Task<void> {
    auto announced = co_await at.client()->send(post("/echo", Bytes(1001)), in(5s));
    CHECK_EQ(announced.value().status, 413);
    const auto body = co_await ports::read_all(*announced->body, 1000);
    CHECK(as_text(body.value()).find("\"code\":\"request_too_large\"") != std::string_view::npos);

    RawClient client(at.executor);
    co_await client.connect(at.server->local());
    CHECK(co_await client.say("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
    bool said = true;
    for (int i = 0; i < 20 && said; ++i)
      said = co_await client.say("64\r\n" + std::string(100, 'x') + "\r\n");
    const std::string answer = co_await client.hear("}}");
    CHECK(answer.starts_with("HTTP/1.1 413"));
    client.hang_up();
    auto fits = co_await at.client()->send(post("/echo", Bytes(1000)), in(5s));
    CHECK_EQ(fits.value().status, 200);
  });
}

TEST_CASE("what is no request is refused") {
  Local local;
  local.run([](Local& at) -> Task<void> {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"GET /echo HTTP/1.1\r\nx: " + std::string(40000, 'a') + "\r\n\r\n", "HTTP/1.1 431"},
        {"\x16\x03\x01\x02 garbage\r\n\r\n", "HTTP/1.1 400"},
        {"GET http://elsewhere/ HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
        {"GET /echo HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
         "HTTP/1.1 400"},
        {"GET /echo HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "HTTP/1.1 400"},
        {"GET /echo HTTP/1.1\r\nbad header\r\n\r\n", "HTTP/1.1 400"},
    };
    for (const auto& [request, expected] : cases) {
      RawClient client(at.executor);
      co_await client.connect(at.server->local());
      (void)co_await client.say(request);
      const std::string answer = co_await client.hear("}}");
      CHECK_MESSAGE(answer.starts_with(expected), answer);
    }
    auto fine = co_await at.client()->send(post("/echo", to_bytes("x")), in(5s));
    CHECK_EQ(fine.value().status, 200);
  });
}

TEST_CASE("a client that goes away is noticed while the handler runs") {
  Local local;
  bool closed = false;
  Status last;
  local.routes["/wait"] = [&](ports::HttpRequest request,
                              ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::read_all(*request.body, 100);
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("first"));
    co_await response.wait_closed();
    closed = true;
    last = co_await response.write(to_bytes("second"));
  };
  local.run([&](Local& at) -> Task<void> {
    {
      auto answer = co_await at.client()->send(post("/wait", to_bytes("x")), in(5s));
      CHECK_EQ(as_text((co_await answer.value().body->read()).value()), "first");
    }
    for (int i = 0; i < 2000 && !closed; ++i) co_await pause(1ms);
    CHECK(closed);
    CHECK(last.error().is(HttpError::kBroken));
  });
}

TEST_CASE("a body is asked for only when the handler wants it") {
  Local local;
  local.routes["/refuses"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::respond(response, 401, {}, to_bytes("key?"));
  };
  local.run([](Local& at) -> Task<void> {
    RawClient client(at.executor);
    co_await client.connect(at.server->local());
    CHECK(co_await client.say(
        "POST /echo HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    CHECK_EQ(co_await client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(co_await client.say("ok"));
    CHECK((co_await client.hear("ok")).starts_with("HTTP/1.1 200"));
    CHECK(co_await client.say(
        "POST /refuses HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    const std::string refused = co_await client.hear("key?");
    CHECK(refused.starts_with("HTTP/1.1 401"));
    CHECK(refused.find("connection: close") != std::string::npos);
  });
}

TEST_CASE(
    "a handler that throws or does not answer costs a 500, one that stops midway the connection") {
  Local local;
  local.routes["/throws"] = [](ports::HttpRequest, ports::ResponseWriter&) -> Task<void> {
    throw std::runtime_error("boom");
    co_return;
  };
  local.routes["/silent"] = [](ports::HttpRequest, ports::ResponseWriter&) -> Task<void> {
    co_return;
  };
  local.routes["/half"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("half"));
  };
  local.routes["/short"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {{"content-length", "10"}});
    (void)co_await response.write(to_bytes("half"));
    CHECK_FALSE((co_await response.write(Bytes(100))).has_value());
    CHECK_FALSE((co_await response.finish({})).has_value());
  };
  local.run([](Local& at) -> Task<void> {
    CHECK_EQ((co_await at.client()->send(get("/throws"), in(5s))).value().status, 500);
    CHECK_EQ((co_await at.client()->send(get("/silent"), in(5s))).value().status, 500);
    for (const char* path : {"/half", "/short"}) {
      auto answer = co_await at.client()->send(get(path), in(5s));
      CHECK((co_await ports::read_all(*answer.value().body, 100)).error().is(HttpError::kBroken));
    }
  });
}

TEST_CASE("chunks that have arrived together are read together, and none is lost or waited for") {
  Local local;
  async::Event more(local.executor);
  local.routes["/many"] = [&](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    for (int i = 0; i < 1000; ++i) CHECK((co_await response.write(to_bytes("0123456789"))));
    co_await more.wait();
    CHECK((co_await response.write(to_bytes("end"))));
    (void)co_await response.finish({});
  };
  local.run([&more](Local& at) -> Task<void> {
    const auto answer = (co_await at.client()->send(get("/many"), in(5s))).value();
    co_await pause(100ms);
    Bytes whole;
    int reads = 0;
    for (; whole.size() < 10'000; ++reads) append(whole, (co_await answer.body->read()).value());
    CHECK(reads <= 5);  // of 1,000 chunks, 15 or 16 bytes each
    more.notify();
    append(whole, (co_await ports::read_all(*answer.body, 100)).value());
    CHECK_EQ(whole.size(), 10'003);
    CHECK(as_text(whole).ends_with("789end"));
  });
}

TEST_CASE("stopping the server cancels its handlers, draining waits for them") {
  Local local;
  local.routes["/slow"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await pause(150ms);
    (void)co_await ports::respond(response, 200, {}, to_bytes("done"));
  };
  local.routes["/never"] = [](ports::HttpRequest, ports::ResponseWriter&) -> Task<void> {
    co_await pause(1h);
  };
  local.run([](Local& at) -> Task<void> {
    auto stuck = std::make_shared<RawClient>(at.executor);
    co_await stuck->connect(at.server->local());
    CHECK(co_await stuck->say("GET /never HTTP/1.1\r\n\r\n"));
    RawClient idle(at.executor);
    co_await idle.connect(at.server->local());
    async::spawn(
        at.executor,
        [](Local* here) -> Task<void> {
          co_await pause(50ms);
          co_await here->server->drain(in(500ms));
        }(&at),
        [](std::string_view) {});
    auto slow = co_await at.client()->send(get("/slow"), in(5s));
    CHECK_EQ(slow.value().status, 200);
    CHECK_EQ(as_text((co_await ports::read_all(*slow->body, 100)).value()), "done");
    CHECK_EQ(co_await idle.hear_all(), "");
    CHECK_EQ(co_await stuck->hear_all(), "");
    CHECK((co_await at.client()->send(get("/slow"), in(5s))).error().is(HttpError::kUnreachable));
  });
}

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
