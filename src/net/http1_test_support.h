#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/http1_client.h"
#include "net/local_server.h"
#include "net/net_test_support.h"

// For tests of the local server: the server on a free port, and clients that say what they want.
namespace cocoon::net::testing {

using boost::asio::ip::tcp;

inline auto into(boost::system::error_code& error) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

// A client that says exactly what the test wants.
class RawClient {
 public:
  explicit RawClient(const async::Executor& executor) : socket_(executor) {}

  Task<void> connect(Endpoint to) {
    co_await socket_.async_connect({boost::asio::ip::make_address(to.host), to.port}, into(error_));
    CHECK_FALSE(error_);
  }
  Task<bool> say(std::string text) {
    co_await boost::asio::async_write(socket_, boost::asio::buffer(text), into(error_));
    co_return !error_;
  }
  // Everything up to and including `mark`, or what came before the end.
  Task<std::string> hear(std::string mark) {
    while (heard_.find(mark) == std::string::npos) {
      std::string more(4096, '\0');
      const std::size_t length =
          co_await socket_.async_read_some(boost::asio::buffer(more), into(error_));
      if (error_) co_return std::exchange(heard_, {});
      heard_.append(more, 0, length);
    }
    const std::size_t end = heard_.find(mark) + mark.size();
    std::string out = heard_.substr(0, end);
    heard_.erase(0, end);
    co_return out;
  }
  Task<std::string> hear_all() { return hear("\x01never"); }
  void hang_up() { socket_.close(error_); }

 private:
  tcp::socket socket_;
  boost::system::error_code error_;
  std::string heard_;
};

struct Local {
  boost::asio::io_context loop;
  async::Executor executor = loop.get_executor();
  Routes routes;
  LocalServerOptions options;
  std::unique_ptr<LocalServer> server;
  bool finished = false;

  Local() {
    routes["/echo"] = [](ports::HttpRequest request,
                         ports::ResponseWriter& response) -> Task<void> {
      auto body = co_await ports::read_all(*request.body, 64U << 20U);
      if (!body) co_return;
      (void)co_await ports::respond(response, 200, {{"x-method", request.method}},
                                    std::move(*body));
    };
  }

  Task<void> run_to_end(std::function<Task<void>(Local&)> body) {
    co_await body(*this);
    finished = true;
  }

  void run(std::function<Task<void>(Local&)> body) {
    server = LocalServer::open(executor, options, routes).value();
    async::spawn(executor, run_to_end(std::move(body)),
                 [](std::string_view what) { FAIL_CHECK(std::string(what)); });
    const auto give_up = in(30s);
    while (!finished && std::chrono::steady_clock::now() < give_up) loop.run_one_for(100ms);
    CHECK_MESSAGE(finished, "the test's coroutine did not end");
    server->stop();
    loop.restart();
    loop.run_for(5s);
    CHECK_MESSAGE(loop.stopped(), "something still waits after the end");
    CHECK_EQ(server->connections(), 0U);
  }

  [[nodiscard]] std::unique_ptr<LoopbackHttpClient> client() const {
    return LoopbackHttpClient::create(executor, server->local()).value();
  }
};

}  // namespace cocoon::net::testing
