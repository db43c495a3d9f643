#include "net/local_server.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "net/http1_connection.h"
#include "net/http1_text.h"
#include "net/tcp_listen.h"

namespace cocoon::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using async::Task;
using boost::system::error_code;
using std::chrono::steady_clock;

struct LocalServer::State {
  State(const async::Executor& e, LocalServerOptions o, ports::HttpHandler* h)
      : executor(e), options(std::move(o)), handler(h), acceptor(e), pause(e), changed(e) {}

  void close_door() {
    stopped = true;
    error_code ignored;
    acceptor.close(ignored);
    pause.notify();
  }

  void stop() {
    close_door();
    const auto held = connections;
    for (const auto& [connection, canceller] : held) {
      connection->close();
      canceller->cancel();
    }
  }

  // Closes the connection that lets us wait longest. False if every one has its whole request here.
  bool make_room() {
    std::shared_ptr<Http1Connection> found;
    for (const auto& [connection, canceller] : connections) {
      const auto since = connection->waits_since();
      if (since && (!found || since < found->waits_since())) found = connection;
    }
    if (!found) return false;
    found->close();
    return true;
  }

  // One answer without reading the question, as far as it goes without waiting.
  static void turn_away(tcp::socket socket) {
    const std::string body = error_object("too many connections", "too_many_connections");
    const std::string answer =
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n"
        "content-type: application/json\r\ncontent-length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  [[nodiscard]] std::size_t open_connections() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        connections, [](const auto& entry) { return entry.first->is_open(); }));
  }

  static void admit(const std::shared_ptr<State>& self, tcp::socket socket) {
    if (self->connections.size() >= self->options.connections_max &&
        self->open_connections() >= self->options.connections_max && !self->make_room()) {
      turn_away(std::move(socket));
      return;
    }
    const auto connection =
        std::make_shared<Http1Connection>(std::move(socket), self->options, *self->handler);
    const auto canceller = std::make_shared<async::Canceller>();
    self->connections.emplace(connection, canceller);
    async::spawn_cancellable(self->executor, Http1Connection::run(connection), canceller,
                             [self, connection](const std::exception_ptr&) {
                               connection->close();
                               self->connections.erase(connection);
                               self->changed.notify();
                             });
  }

  static Task<void> accept(std::shared_ptr<State> self) {
    constexpr async::Duration kPauseMin = std::chrono::milliseconds(20);
    constexpr async::Duration kPauseMax = std::chrono::seconds(1);
    async::Duration pause = kPauseMin;
    while (!self->stopped) {
      error_code error;
      auto socket =
          co_await self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (self->stopped) break;
      if (!error) {
        pause = kPauseMin;
        admit(self, std::move(socket));
        continue;
      }
      // Out of file descriptors or memory: connections that end give some back.
      co_await self->pause.wait_until(steady_clock::now() + pause);
      pause = std::min(2 * pause, kPauseMax);
    }
  }

  static Task<void> drain(std::shared_ptr<State> self, async::Deadline deadline) {
    self->close_door();
    const auto held = self->connections;
    for (const auto& [connection, canceller] : held) connection->finish_up();
    while (!self->connections.empty() && steady_clock::now() < deadline) {
      co_await self->changed.wait_until(deadline);
    }
    self->stop();
  }

  async::Executor executor;
  LocalServerOptions options;
  ports::HttpHandler* handler;
  tcp::acceptor acceptor;
  Endpoint local;
  async::Event pause;
  async::Event changed;
  bool stopped = false;
  std::map<std::shared_ptr<Http1Connection>, std::shared_ptr<async::Canceller>> connections;
};

LocalServer::LocalServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
LocalServer::~LocalServer() { stop(); }

Result<std::unique_ptr<LocalServer>> LocalServer::open(const async::Executor& executor,
                                                       LocalServerOptions options,
                                                       ports::HttpHandler& handler) {
  const auto state = std::make_shared<State>(executor, std::move(options), &handler);
  TRY(state->local, listen_on(state->acceptor, state->options.bind));
  async::spawn(executor, State::accept(state), [state](std::string_view) { state->stop(); });
  return std::unique_ptr<LocalServer>(new LocalServer(state));
}

Endpoint LocalServer::local() const { return state_->local; }

std::size_t LocalServer::connections() const { return state_->connections.size(); }
Task<void> LocalServer::drain(async::Deadline deadline) { return State::drain(state_, deadline); }
void LocalServer::stop() { state_->stop(); }

}  // namespace cocoon::net
