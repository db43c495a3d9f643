#pragma once

#include <memory>
#include <string>

#include "net/endpoint.h"
#include "ports/http.h"

namespace cocoon::net {

// HTTP/1.1 to a server behind a Unix socket, one request at a time on each connection. An answer's
// body arrives chunk by chunk; dropping it unread closes the connection, which is how such servers
// learn of a cancellation. A connection whose answer was read to its end serves later requests.
class UnixHttpClient final : public ports::HttpClient {
 public:
  UnixHttpClient(async::Executor executor, std::string socket_path);
  ~UnixHttpClient() override;
  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::string socket_path_;
};

// The same over TCP without TLS: for a server on this machine only.
class LoopbackHttpClient final : public ports::HttpClient {
 public:
  // Refuses every host but 127.0.0.0/8, ::1 and "localhost".
  [[nodiscard]] static Result<std::unique_ptr<LoopbackHttpClient>> create(async::Executor executor,
                                                                          Endpoint to);
  ~LoopbackHttpClient() override;
  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override;

 private:
  struct State;
  LoopbackHttpClient(async::Executor executor, Endpoint to);
  std::shared_ptr<State> state_;
  Endpoint to_;
};

}  // namespace cocoon::net
