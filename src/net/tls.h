#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/clock.h"
#include "net/endpoint.h"
#include "wire/hello.h"

// Inside this room: TLS 1.3 connections, without resumption and without early data.
namespace cocoon::net {

// One connection. One read and one write may be under way at a time; the object outlives them.
class TlsChannel {
 public:
  struct State;
  explicit TlsChannel(std::unique_ptr<State> state);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // The server's side of the handshake, for what TlsAcceptor::accept() gave.
  [[nodiscard]] async::Task<Status> handshake();
  // At least one byte, or 0 at the end of the stream.
  [[nodiscard]] async::Task<Result<std::size_t>> read_some(MutableBytesView into);
  [[nodiscard]] async::Task<Status> read_exact(MutableBytesView into);
  [[nodiscard]] async::Task<Status> write(BytesView bytes);
  // Tells the peer that no more will come; what it still sends can be read.
  void shutdown_write();
  // Ends reads and writes under way.
  void close();

  // After the handshake.
  [[nodiscard]] std::string alpn() const;
  [[nodiscard]] Result<wire::ChannelBinding> binding() const;
  [[nodiscard]] const std::string& remote() const;
  // Of the peer (peer_network.h).
  [[nodiscard]] const std::string& network() const;

 private:
  std::unique_ptr<State> state_;
};

// The asking side. It verifies no certificate, on purpose: a proxy is known by its key in the
// registry, and its hello over the channel binding proves that key.
class TlsClient {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TlsClient>> create(async::Executor executor);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  // Resolves, connects and shakes hands; the server has to choose `alpn`. AsyncError::kTimeout at
  // the deadline.
  [[nodiscard]] async::Task<Result<std::shared_ptr<TlsChannel>>> connect(Endpoint to,
                                                                         std::string alpn,
                                                                         async::Deadline deadline);

 private:
  struct State;
  explicit TlsClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The listening side, with a P-256 key and a self-signed certificate made here and kept nowhere.
class TlsAcceptor {
 public:
  // Chooses the first of `alpns` that the client offers; a client that offers none of them is
  // refused.
  [[nodiscard]] static Result<std::unique_ptr<TlsAcceptor>> open(const async::Executor& executor,
                                                                 const Endpoint& at,
                                                                 std::vector<std::string> alpns);
  ~TlsAcceptor();
  TlsAcceptor(const TlsAcceptor&) = delete;
  TlsAcceptor& operator=(const TlsAcceptor&) = delete;
  // The next connection, before its handshake.
  [[nodiscard]] async::Task<Result<std::shared_ptr<TlsChannel>>> accept();
  [[nodiscard]] Endpoint local() const;
  void close();

 private:
  struct State;
  explicit TlsAcceptor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Closes the channel at the deadline unless it is dropped before.
class CloseAtDeadline {
 public:
  CloseAtDeadline(const async::Executor& executor, std::shared_ptr<TlsChannel> channel,
                  async::Deadline deadline);
  ~CloseAtDeadline();
  CloseAtDeadline(const CloseAtDeadline&) = delete;
  CloseAtDeadline& operator=(const CloseAtDeadline&) = delete;
  [[nodiscard]] bool expired() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cocoon::net
