#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/limits.h"
#include "ports/http.h"
#include "wire/hello.h"

namespace cocoon::net {

class Http2Session;

// One HTTP/2 connection over TLS 1.3, either end. Dropping the last reference closes it; bodies and
// response writers that were handed out stay safe to use and report kBroken.
class Connection {
 public:
  Connection(std::shared_ptr<Http2Session> session, std::optional<wire::Hello> peer);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The peer's verified hello; none if the kind of connection has none from that side.
  [[nodiscard]] const std::optional<wire::Hello>& peer() const { return peer_; }
  // Numeric address and port of the peer, for logs.
  [[nodiscard]] const std::string& remote() const;
  [[nodiscard]] bool is_open() const;
  // Streams under way.
  [[nodiscard]] std::size_t streams() const;
  // Returns once the connection is gone.
  [[nodiscard]] async::Task<void> wait_closed();
  // Takes and starts no new stream, lets the old ones finish until the deadline, then closes.
  [[nodiscard]] async::Task<void> drain(async::Deadline deadline);
  // Closes at once: requests under way fail, handlers under way are cancelled.
  void close();

 protected:
  [[nodiscard]] Http2Session& session() const { return *session_; }

 private:
  std::shared_ptr<Http2Session> session_;
  std::optional<wire::Hello> peer_;
};

// The end that asks.
class ClientConnection : public Connection {
 public:
  using Connection::Connection;
  [[nodiscard]] ports::HttpClient& http() const;
  // False once the peer announced that it takes no more requests (GOAWAY), or the connection is
  // gone.
  [[nodiscard]] bool takes_requests() const;
  // Returns once takes_requests() is false.
  [[nodiscard]] async::Task<void> wait_refusing();
};

// A client's connection to a proxy.
using ForwardConnection = ClientConnection;

// A worker that dialled us and now serves us; its hello is verified, its key is the caller's to
// judge.
class ReverseConnection final : public ClientConnection {
 public:
  ReverseConnection(std::shared_ptr<Http2Session> session, const wire::Hello& hello)
      : ClientConnection(std::move(session), hello), hello_(hello) {}
  [[nodiscard]] const wire::Hello& hello() const { return hello_; }

 private:
  wire::Hello hello_;
};

}  // namespace cocoon::net
