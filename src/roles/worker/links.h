#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "ports/link.h"
#include "ports/metrics.h"
#include "ports/world.h"

namespace cocoon::worker {

using async::Task;

// Keeps one connection open to each proxy of the configuration: dials, serves over it, dials again
// with growing, jittered pauses.
class ProxyLinks {
 public:
  struct World {
    ports::ReverseDialer& dialer;
    ports::Random& random;
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  ProxyLinks(std::vector<ports::Endpoint> proxies, ports::HttpHandler& serve, World world)
      : world_(world) {
    for (ports::Endpoint& proxy : proxies) {
      const auto number = static_cast<std::uint32_t>(slots_.size() + 1);
      slots_.push_back({.proxy = std::move(proxy),
                        .serve = std::make_unique<NumberedPeer>(serve, number),
                        .link = nullptr});
    }
  }

  // Starts a loop for each proxy on `executor`; the loops end with the process or after drain().
  void start(const async::Executor& executor);
  // Lets requests under way end on every connection and dials no more.
  [[nodiscard]] Task<void> drain(ports::Deadline by);
  [[nodiscard]] std::size_t attached() const;

 private:
  // Tells the service which proxy asks.
  class NumberedPeer final : public ports::HttpHandler {
   public:
    NumberedPeer(HttpHandler& serve, std::uint32_t number) : serve_(serve), number_(number) {}
    [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                    ports::ResponseWriter& response) override {
      request.peer = number_;
      return serve_.handle(std::move(request), response);
    }

   private:
    HttpHandler& serve_;
    std::uint32_t number_;
  };
  struct Slot {
    ports::Endpoint proxy;
    std::unique_ptr<NumberedPeer> serve;
    std::shared_ptr<ports::Link> link;
  };
  [[nodiscard]] Task<void> keep_linked(std::size_t index);
  [[nodiscard]] async::Duration pause_after(std::uint32_t failures);

  std::vector<Slot> slots_;
  World world_;
  bool is_draining_ = false;
};

}  // namespace cocoon::worker
