#pragma once

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
      : serve_(serve), world_(world) {
    for (ports::Endpoint& proxy : proxies) slots_.push_back({std::move(proxy), nullptr});
  }

  // Starts a loop for each proxy on `executor`; the loops end with the process or after drain().
  void start(const async::Executor& executor);
  // Lets requests under way end on every connection and dials no more.
  [[nodiscard]] Task<void> drain(ports::Deadline by);
  [[nodiscard]] std::size_t attached() const;

 private:
  struct Slot {
    ports::Endpoint proxy;
    std::shared_ptr<ports::Link> link;
  };
  [[nodiscard]] Task<void> keep_linked(std::size_t index);
  [[nodiscard]] async::Duration pause_after(std::uint32_t failures);

  std::vector<Slot> slots_;
  ports::HttpHandler& serve_;
  World world_;
  bool is_draining_ = false;
};

}  // namespace cocoon::worker
