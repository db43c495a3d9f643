#include "async/race.h"
#include "net/net_test_support.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes, run_to_end() and
// serve() keep the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;
using ports::HttpError;

TEST_CASE("a request and its answer cross a forward connection") {
  World world;
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    auto answer = co_await connection->http().send(post("/echo", to_bytes("hello")), in(5s));
    REQUIRE(answer.has_value());
    CHECK_EQ(answer->status, 200);
    CHECK_EQ(ports::find_field(answer->headers, "x-method"), "POST");
    const auto body = co_await ports::read_all(*answer->body, 100);
    CHECK_EQ(as_text(body.value()), "hello");
    auto missing = co_await connection->http().send(get("/nowhere"), in(5s));
    CHECK_EQ(missing.value().status, 404);
    CHECK_EQ(connection->peer()->identity_key, net.proxy_key->public_key());
  });
}

TEST_CASE("a dialled worker serves the proxy's requests on its own connection") {
  World world;
  world.run([](World& net) -> Task<void> {
    const auto worker_key = new_key();
    const Kid kid = Kid::from(pattern(32)).value();
    auto dialled = co_await net.dialer->dial_reverse(
        net.listener->local(), net.proxy_key->public_key(),
        DialIdentity{.role = attest::Role::kWorker, .kid = kid, .key = worker_key},
        net.worker_routes, {}, in(5s));
    REQUIRE(dialled.has_value());
    while (net.workers.empty()) co_await pause(1ms);
    const auto worker = net.workers.front();
    CHECK_EQ(worker->hello().kid, kid);
    CHECK_EQ(worker->hello().identity_key, worker_key->public_key());
    auto answer = co_await worker->http().send(post("/echo", to_bytes("infer")), in(5s));
    const auto body = co_await ports::read_all(*answer.value().body, 100);
    CHECK_EQ(as_text(body.value()), "infer");
    (*dialled)->close();
    co_await worker->wait_closed();
    CHECK_FALSE(worker->is_open());
  });
}

TEST_CASE("trailers travel both ways") {
  World world;
  std::string seen;
  world.routes["/trailers"] = [&seen](ports::HttpRequest request,
                                      ports::ResponseWriter& response) -> Task<void> {
    (void)co_await ports::read_all(*request.body, 1000);
    seen = ports::find_field(request.body->trailers(), "x-up");
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("body"));
    CHECK((co_await response.finish({{"cocoon-bill", "paid"}})).has_value());
  };
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    ports::HttpRequest request = post("/trailers", {});
    request.body = ports::body_of(to_bytes("up"), {{"x-up", "yes"}});
    auto answer = co_await connection->http().send(std::move(request), in(5s));
    (void)co_await ports::read_all(*answer.value().body, 1000);
    CHECK_EQ(ports::find_field(answer->body->trailers(), "cocoon-bill"), "paid");
  });
  CHECK_EQ(seen, "yes");
}

TEST_CASE("a slow reader holds the sender back within the window") {
  World world;
  std::size_t written = 0;
  static constexpr std::size_t kTotal = 8U << 20U;
  world.routes["/big"] = [&written](ports::HttpRequest,
                                    ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    while (written < kTotal) {
      if (!(co_await response.write(pattern(16384, written)))) co_return;
      written += 16384;
    }
    (void)co_await response.finish({});
  };
  world.run([&written](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    auto answer = co_await connection->http().send(get("/big"), in(5s));
    REQUIRE(answer.has_value());
    co_await pause(300ms);
    CHECK(written <= 256 * 1024 + 64 * 1024);
    CHECK(written >= 128 * 1024);
    Bytes all;
    for (;;) {
      const auto chunk = co_await answer->body->read();
      REQUIRE(chunk.has_value());
      if (chunk->empty()) break;
      append(all, *chunk);
    }
    REQUIRE_EQ(all.size(), kTotal);
    bool same = true;
    for (std::size_t at = 0; at < kTotal; at += 16384) {
      same = same && equal(BytesView(all).subspan(at, 16384), pattern(16384, at));
    }
    CHECK(same);
  });
}

TEST_CASE("an upload waits for a handler that does not read") {
  World world;
  bool go = false;
  std::size_t received = 0;
  world.routes["/sink"] = [&](ports::HttpRequest request,
                              ports::ResponseWriter& response) -> Task<void> {
    while (!go) co_await pause(1ms);
    const auto body = co_await ports::read_all(*request.body, 64U << 20U);
    received = body.value().size();
    (void)co_await ports::respond(response, 200, {}, {});
  };
  // Counts what was taken from it.
  class Source final : public ports::BodyReader {
   public:
    explicit Source(std::size_t* given) : given_(given) {}
    [[nodiscard]] Task<Result<Bytes>> read() override {
      if (*given_ >= 4U << 20U) co_return Bytes{};
      *given_ += 16384;
      co_return Bytes(16384);
    }
    [[nodiscard]] const ports::HttpFields& trailers() const override { return none_; }

   private:
    std::size_t* given_;
    ports::HttpFields none_;
  };
  std::size_t given = 0;
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    async::spawn(
        net.executor,
        [](bool* flag, const std::size_t* count) -> Task<void> {
          co_await pause(200ms);
          CHECK(*count <= 256 * 1024 + 64 * 1024);
          *flag = true;
        }(&go, &given),
        [](std::string_view) {});
    ports::HttpRequest request = post("/sink", {});
    request.body = std::make_unique<Source>(&given);
    auto answer = co_await connection->http().send(std::move(request), in(5s));
    CHECK_EQ(answer.value().status, 200);
    CHECK_EQ(received, 4U << 20U);
  });
}

TEST_CASE("dropping an unfinished answer cancels it at the server") {
  World world;
  bool closed = false;
  Status last;
  world.routes["/endless"] = [&](ports::HttpRequest,
                                 ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("first"));
    co_await response.wait_closed();
    closed = true;
    last = co_await response.write(to_bytes("second"));
  };
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    {
      auto answer = co_await connection->http().send(get("/endless"), in(5s));
      const auto first = co_await answer.value().body->read();
      CHECK_EQ(as_text(first.value()), "first");
    }
    for (int i = 0; i < 1000 && !closed; ++i) co_await pause(1ms);
    CHECK(closed);
    CHECK(last.error().is(HttpError::kBroken));
    auto again = co_await connection->http().send(post("/echo", to_bytes("alive")), in(5s));
    CHECK_EQ(again.value().status, 200);
  });
}

TEST_CASE("an answer whose head is late times out and its stream is cancelled") {
  World world;
  bool closed = false;
  world.routes["/never"] = [&](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await response.wait_closed();
    closed = true;
  };
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    const auto answer = co_await connection->http().send(get("/never"), in(50ms));
    CHECK(answer.error().is(async::AsyncError::kTimeout));
    for (int i = 0; i < 1000 && !closed; ++i) co_await pause(1ms);
    CHECK(closed);
  });
}

TEST_CASE(
    "a connection killed in the middle of an answer breaks its body, before the head it is "
    "unreachable") {
  World world;
  world.routes["/half"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("half"));
    co_await response.wait_closed();
  };
  world.routes["/mute"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await response.wait_closed();
  };
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    auto answer = co_await connection->http().send(get("/half"), in(5s));
    (void)co_await answer.value().body->read();
    async::spawn(
        net.executor,
        [](World* at) -> Task<void> {
          co_await pause(20ms);
          at->listener->stop();
        }(&net),
        [](std::string_view) {});
    const auto never = co_await connection->http().send(get("/mute"), in(5s));
    CHECK(never.error().is(HttpError::kUnreachable));
    const auto rest = co_await answer->body->read();
    CHECK(rest.error().is(HttpError::kBroken));
    const auto later = co_await connection->http().send(get("/half"), in(5s));
    CHECK(later.error().is(HttpError::kUnreachable));
  });
}

TEST_CASE("bodies and writers outlive their connection safely") {
  World world;
  world.routes["/half"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("half"));
    co_await response.wait_closed();
    CHECK_FALSE((co_await response.finish({})).has_value());
  };
  world.run([](World& net) -> Task<void> {
    std::unique_ptr<ports::BodyReader> body;
    {
      const auto connection = co_await net.dial();
      auto answer = co_await connection->http().send(get("/half"), in(5s));
      body = std::move(answer.value().body);
    }
    const auto first = co_await body->read();
    if (first) CHECK((co_await body->read()).error().is(HttpError::kBroken));
  });
}

TEST_CASE("a handler that returns without an answer, or throws, resets its stream only") {
  World world;
  world.routes["/silent"] = [](ports::HttpRequest, ports::ResponseWriter&) -> Task<void> {
    co_return;
  };
  world.routes["/throws"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    (void)co_await response.write(to_bytes("x"));
    throw std::runtime_error("boom");
  };
  world.routes["/aborts"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    response.abort();
    co_return;
  };
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    const auto silent = co_await connection->http().send(get("/silent"), in(5s));
    CHECK(silent.error().is(HttpError::kBroken));
    for (const char* path : {"/throws", "/aborts"}) {
      auto answer = co_await connection->http().send(get(path), in(5s));
      if (answer)
        CHECK((co_await ports::read_all(*answer->body, 100)).error().is(HttpError::kBroken));
    }
    auto fine = co_await connection->http().send(post("/echo", to_bytes("ok")), in(5s));
    CHECK_EQ(fine.value().status, 200);
  });
}

TEST_CASE("draining finishes what runs and refuses what is new") {
  World world;
  world.routes["/slow"] = [](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    for (int i = 0; i < 20; ++i) {
      (void)co_await response.write(to_bytes("x"));
      co_await pause(10ms);
    }
    (void)co_await response.finish({});
  };
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    auto answer = co_await connection->http().send(get("/slow"), in(5s));
    REQUIRE(answer.has_value());
    async::spawn(net.executor, net.listener->drain(in(5s)), [](std::string_view) {});
    co_await connection->wait_refusing();
    const auto refused = co_await connection->http().send(get("/slow"), in(5s));
    CHECK(refused.error().is(HttpError::kRefusedStream));
    const auto body = co_await ports::read_all(*answer->body, 100);
    CHECK_EQ(body.value().size(), 20U);
    co_await connection->wait_closed();
    const auto gone = co_await connection->http().send(get("/slow"), in(5s));
    CHECK(gone.error().is(HttpError::kUnreachable));
  });
}

TEST_CASE("a drain ends at its deadline even if a stream does not") {
  World world;
  bool ended = false;
  world.routes["/stuck"] = [&](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    (void)response.head(200, {});
    co_await response.wait_closed();
    ended = true;
  };
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    auto answer = co_await connection->http().send(get("/stuck"), in(5s));
    const auto begin = in(0s);
    co_await net.listener->drain(in(100ms));
    CHECK(in(0s) - begin < 3s);
    CHECK((co_await answer.value().body->read()).error().is(HttpError::kBroken));
  });
  CHECK(ended);
}

TEST_CASE("a thousand small requests at once are all answered") {
  World world;
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    auto done = std::make_shared<int>(0);
    const auto one = [](std::shared_ptr<ForwardConnection> on, int number,
                        std::shared_ptr<int> count) -> Task<void> {
      const std::string text = "request " + std::to_string(number);
      auto answer = co_await on->http().send(post("/echo", to_bytes(text)), in(20s));
      if (!answer) co_return;
      const auto body = co_await ports::read_all(*answer->body, 100);
      if (body && as_text(*body) == text) ++*count;
    };
    for (int i = 0; i < 1000; ++i)
      async::spawn(net.executor, one(connection, i, done), [](std::string_view) {});
    co_await async::yield_now();
    const auto over = co_await connection->http().send(get("/echo"), in(5s));
    CHECK(over.error().is(HttpError::kRefusedStream));
    for (int i = 0; i < 2000 && *done < 1000; ++i) co_await pause(10ms);
    CHECK_EQ(*done, 1000);
    CHECK_EQ(connection->streams(), 0U);
  });
}

TEST_CASE(
    "fields that HTTP/2 cannot carry, or too many of them, are refused before they are sent") {
  World world;
  world.run([](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    const std::vector<ports::HttpField> bad = {
        {"Upper", "x"}, {"x\n", "y"}, {":path", "/"}, {"x", "a\r\nb: c"}};
    for (const auto& field : bad) {
      ports::HttpRequest request = get("/echo");
      request.headers.push_back(field);
      const auto answer = co_await connection->http().send(std::move(request), in(5s));
      CHECK(answer.error().is(HttpError::kProtocol));
    }
    ports::HttpRequest bomb = get("/echo");
    bomb.headers.push_back({"x", std::string(20000, 'a')});
    const auto answer = co_await connection->http().send(std::move(bomb), in(5s));
    CHECK(answer.error().is(HttpError::kTooLarge));
    CHECK(connection->is_open());
  });
}

TEST_CASE("a caller that gives up in the middle of a request cancels it") {
  World world;
  bool closed = false;
  world.routes["/never"] = [&](ports::HttpRequest, ports::ResponseWriter& response) -> Task<void> {
    co_await response.wait_closed();
    closed = true;
  };
  world.run([&](World& net) -> Task<void> {
    const auto connection = co_await net.dial();
    const auto answer =
        co_await async::unless(pause(30ms), connection->http().send(post("/never", {}), in(1h)));
    CHECK(answer.error().is(async::AsyncError::kCancelled));
    for (int i = 0; i < 1000 && !closed; ++i) co_await pause(1ms);
    CHECK(closed);
    CHECK_EQ(connection->streams(), 0U);
  });
}

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
