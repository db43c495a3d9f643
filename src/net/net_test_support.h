#pragma once

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "async/clock.h"
#include "async/event.h"
#include "net/dialer.h"
#include "net/listener.h"
#include "net/os_random.h"

// For this room's tests: a loop, a proxy's front door on a free port, and handlers made of
// functions.
namespace cocoon::net::testing {

using async::Task;
using namespace std::chrono_literals;

inline async::Deadline in(async::Duration duration) {
  return std::chrono::steady_clock::now() + duration;
}

inline Task<void> pause(async::Duration duration) {
  async::Event never(co_await async::this_executor());
  co_await never.wait_until(in(duration));
}

inline std::shared_ptr<const crypto::Ed25519KeyPair> new_key() {
  OsRandom random;
  auto seed = random.array<32>();
  return std::make_shared<const crypto::Ed25519KeyPair>(
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>(seed)));
}

inline Bytes pattern(std::size_t size, std::size_t from = 0) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>((from + i) * 31 >> 3U);
  return out;
}

inline ports::HttpRequest get(std::string path) {
  return {.method = "GET", .path = std::move(path), .headers = {}, .body = ports::body_of({})};
}
inline ports::HttpRequest post(std::string path, Bytes body) {
  return {.method = "POST",
          .path = std::move(path),
          .headers = {},
          .body = ports::body_of(std::move(body))};
}

// Paths to coroutines; an unknown path is answered by 404.
class Routes final : public ports::HttpHandler {
 public:
  using Route = std::function<Task<void>(ports::HttpRequest, ports::ResponseWriter&)>;
  Route& operator[](const std::string& path) { return routes_[path]; }

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override {
    const auto found = routes_.find(request.path);
    if (found == routes_.end()) {
      (void)co_await ports::respond(response, 404, {}, to_bytes("no such path"));
      co_return;
    }
    co_await found->second(std::move(request), response);
  }

 private:
  std::map<std::string, Route> routes_;
};

// A loop with a listener on it and a dialer; the members' order is the order of their ends.
struct World {
  boost::asio::io_context loop;
  async::Executor executor = loop.get_executor();
  std::shared_ptr<const crypto::Ed25519KeyPair> proxy_key = new_key();
  Routes routes;         // what the listener serves
  Routes worker_routes;  // what dialled workers serve
  ListenerOptions options{.bind = {.host = "127.0.0.1", .port = 0}};
  std::vector<std::shared_ptr<ReverseConnection>> workers;
  std::unique_ptr<Listener> listener;
  std::shared_ptr<Dialer> dialer = Dialer::create(executor).value();

  World() {
    routes["/echo"] = worker_routes["/echo"] = [](ports::HttpRequest request,
                                                  ports::ResponseWriter& response) -> Task<void> {
      auto body = co_await ports::read_all(*request.body, 64U << 20U);
      if (!body) co_return;
      (void)co_await ports::respond(response, 200, {{"x-method", request.method}},
                                    std::move(*body));
    };
  }

  void open() {
    listener = Listener::open(executor, options, proxy_key, routes,
                              [this](std::shared_ptr<ReverseConnection> worker) {
                                workers.push_back(std::move(worker));
                              })
                   .value();
  }

  // Runs one coroutine, then closes everything and lets every other coroutine end.
  void run(std::function<Task<void>(World&)> body) {
    if (!listener) open();
    async::spawn(executor, run_to_end(std::move(body)),
                 [](std::string_view what) { FAIL_CHECK(std::string(what)); });
    const auto give_up = in(60s);
    while (!finished && std::chrono::steady_clock::now() < give_up) loop.run_one_for(100ms);
    CHECK_MESSAGE(finished, "the test's coroutine did not end");
    workers.clear();
    listener->stop();
    loop.restart();
    loop.run_for(5s);
    CHECK_MESSAGE(loop.stopped(), "something still waits after the end");
  }
  bool finished = false;

  Task<void> run_to_end(std::function<Task<void>(World&)> body) {
    co_await body(*this);
    finished = true;
  }

  Task<std::shared_ptr<ForwardConnection>> dial(Http2Limits limits = {}) {
    auto dialled =
        co_await dialer->dial_forward(listener->local(), proxy_key->public_key(), limits, in(5s));
    if (!dialled) FAIL_CHECK(dialled.error().message());
    co_return dialled ? *dialled : nullptr;
  }
};

}  // namespace cocoon::net::testing
