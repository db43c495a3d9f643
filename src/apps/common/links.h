#pragma once

#include <functional>
#include <memory>

#include "net/connection.h"
#include "net/dialer.h"
#include "ports/link.h"

namespace cocoon::apps {

// The roles' view of a worker's connection to this proxy.
[[nodiscard]] std::shared_ptr<ports::WorkerLink> worker_link(
    std::shared_ptr<net::ReverseConnection> connection);

// Dials proxies for a worker: says who it is by `identity`, which is asked anew for each
// connection.
class WorkerDialer final : public ports::ReverseDialer {
 public:
  using Identity = std::function<net::DialIdentity()>;
  WorkerDialer(std::shared_ptr<net::Dialer> dialer, Identity identity)
      : dialer_(std::move(dialer)), identity_(std::move(identity)) {}
  [[nodiscard]] ports::Task<Result<std::shared_ptr<ports::Link>>> dial(ports::Endpoint proxy,
                                                                       ports::HttpHandler& serve,
                                                                       ports::Deadline by) override;

 private:
  std::shared_ptr<net::Dialer> dialer_;
  Identity identity_;
};

}  // namespace cocoon::apps
