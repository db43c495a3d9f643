#pragma once

#include <memory>
#include <string>

#include "crypto/keys.h"
#include "ports/http.h"

namespace cocoon::ports {

// A connection that is up, or was.
class Link {
 public:
  Link() = default;
  virtual ~Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Returns once the connection is gone, for whatever reason.
  [[nodiscard]] virtual Task<void> wait_closed() = 0;
  // Takes no new requests, lets those under way end, closes; closes anyway at the deadline.
  [[nodiscard]] virtual Task<void> drain(Deadline by) = 0;
  virtual void close() = 0;
};

// A worker that dialled this proxy: requests go out to it over its own connection.
class WorkerLink : public Link {
 public:
  [[nodiscard]] virtual HttpClient& client() = 0;
  // The key that signed the worker's hello on this very connection.
  [[nodiscard]] virtual const crypto::Ed25519PublicKey& identity_key() const = 0;
};

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  crypto::Ed25519PublicKey key;  // who must answer there
};

// Dials a proxy and serves it requests over the dialled connection (reverse HTTP/2).
class ReverseDialer {
 public:
  ReverseDialer() = default;
  virtual ~ReverseDialer() = default;
  ReverseDialer(const ReverseDialer&) = delete;
  ReverseDialer& operator=(const ReverseDialer&) = delete;
  [[nodiscard]] virtual Task<Result<std::shared_ptr<Link>>> dial(Endpoint proxy, HttpHandler& serve,
                                                                 Deadline by) = 0;
};

}  // namespace cocoon::ports
