#pragma once

#include <memory>

#include "net/connection.h"
#include "net/endpoint.h"

namespace cocoon::net {

// Who we say we are on a reverse connection.
struct DialIdentity {
  attest::Role role = attest::Role::kWorker;
  Kid kid;
  std::shared_ptr<const crypto::Ed25519KeyPair> key;
};

// Opens connections to proxies. TLS proves nothing about them here: the certificate is not checked,
// and the hello, signed over the channel by the expected registry key, is (docs/formats/hello.md).
class Dialer {
 public:
  [[nodiscard]] static Result<std::shared_ptr<Dialer>> create(async::Executor executor);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // A connection on which we ask. kUnreachable, kTls, kBadPeer, or async kTimeout.
  [[nodiscard]] async::Task<Result<std::shared_ptr<ForwardConnection>>> dial_forward(
      Endpoint to, crypto::Ed25519PublicKey expected_proxy_key, Http2Limits limits,
      async::Deadline deadline);
  // A connection on which we serve. `handler` outlives every request on it.
  [[nodiscard]] async::Task<Result<std::shared_ptr<Connection>>> dial_reverse(
      Endpoint to, crypto::Ed25519PublicKey expected_proxy_key, DialIdentity identity,
      ports::HttpHandler& handler, Http2Limits limits, async::Deadline deadline);

 private:
  struct State;
  explicit Dialer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace cocoon::net
