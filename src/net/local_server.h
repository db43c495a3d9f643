#pragma once

#include <memory>

#include "net/endpoint.h"
#include "ports/http.h"

namespace cocoon::net {

struct LocalServerOptions {
  Endpoint bind{.host = "127.0.0.1", .port = 0};
  // Beyond it the connection that has let us wait longest, for a request or for more of its body,
  // makes room. Only if none lets us wait is the new one told 503.
  std::size_t connections_max = 256;
  std::size_t header_bytes_max = 32 * 1024;
  std::size_t body_bytes_max = 32 * 1024 * 1024;
  async::Duration header_timeout = std::chrono::seconds(10);  // from its first byte to its last
  async::Duration idle_timeout = std::chrono::seconds(75);    // between requests
  // While the handler asks for more of a body, 16 KiB or its end have to come in this time.
  async::Duration body_timeout = std::chrono::seconds(30);
  async::Duration write_timeout = std::chrono::seconds(60);  // the longest that one write may hang
};

// HTTP/1.1 (RFC 9112) for programs on this machine. Answers are streamed: each write leaves at
// once, chunked unless the handler set content-length. A body over its bound is answered by 413
// with an OpenAI error object, unless the handler answers first. The handler's wait_closed()
// returns when the client goes away, while it runs.
class LocalServer {
 public:
  // `handler` outlives every request.
  [[nodiscard]] static Result<std::unique_ptr<LocalServer>> open(const async::Executor& executor,
                                                                 LocalServerOptions options,
                                                                 ports::HttpHandler& handler);
  ~LocalServer();  // stop()
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  [[nodiscard]] Endpoint local() const;
  [[nodiscard]] std::size_t connections() const;
  // Accepts no more, lets requests under way finish until the deadline, then closes.
  [[nodiscard]] async::Task<void> drain(async::Deadline deadline);
  // Closes everything at once; handlers under way are cancelled.
  void stop();

 private:
  struct State;
  explicit LocalServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace cocoon::net
