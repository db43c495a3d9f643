#pragma once

#include "net/endpoint.h"
#include "ports/http.h"

namespace cocoon::net {

// HTTP/1.1 to a server behind a Unix socket. Each request has its own connection; its answer's body
// arrives chunk by chunk, and dropping it closes the connection, which is how such servers learn of
// a cancellation.
class UnixHttpClient final : public ports::HttpClient {
 public:
  UnixHttpClient(async::Executor executor, std::string socket_path);
  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override;

 private:
  async::Executor executor_;
  std::string socket_path_;
};

// The same over TCP without TLS: for a server on this machine only.
class LoopbackHttpClient final : public ports::HttpClient {
 public:
  // Refuses every host but 127.0.0.0/8, ::1 and "localhost".
  [[nodiscard]] static Result<std::unique_ptr<LoopbackHttpClient>> create(async::Executor executor,
                                                                          Endpoint to);
  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override;

 private:
  LoopbackHttpClient(async::Executor executor, Endpoint to)
      : executor_(std::move(executor)), to_(std::move(to)) {}
  async::Executor executor_;
  Endpoint to_;
};

}  // namespace cocoon::net
