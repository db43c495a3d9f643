#pragma once

#include <functional>
#include <memory>

#include "net/connection.h"
#include "net/endpoint.h"
#include "ports/metrics.h"

namespace cocoon::net {

struct ListenerOptions {
  Endpoint bind;  // port 0: any
  // Beyond it one of the network with most connections makes room: the oldest handshake, or else
  // the forward connection that has been idle longest.
  std::size_t connections_max = 4096;
  // Of one IPv4 address or one IPv6 /64, handshakes included.
  std::size_t connections_per_network_max = 500;
  std::size_t handshakes_max = 256;  // beyond it the same
  // What all forward connections together may hold for peers that do not take it and for handlers
  // that do not read it; beyond it the connection that holds most is closed.
  std::size_t buffered_bytes_max = std::size_t{256} * 1024 * 1024;
  async::Duration handshake_timeout = std::chrono::seconds(10);
  // A forward connection's slow reader holds up only itself, so its window over all streams may be
  // small.
  Http2Limits forward_limits{.connection_window_bytes = 8 * 1024 * 1024};
  Http2Limits reverse_limits{};
};

struct ListenerCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;            // over a bound
  std::uint64_t made_room = 0;          // closed for others
  std::uint64_t shed = 0;               // closed for what they held in memory
  std::uint64_t handshakes_failed = 0;  // not TLS, no protocol of ours, no or bad hello, too slow
  std::size_t open = 0;                 // beyond their handshake
  std::size_t handshakes = 0;           // within it
  std::size_t buffered_bytes = 0;       // of forward connections
};

// A proxy's front door: TLS 1.3 with a certificate born with the listener, ALPN "cocoon/1" and "h2"
// for those who ask, "cocoon-rev/1" for workers.
class Listener {
 public:
  using OnWorker = std::function<void(std::shared_ptr<ReverseConnection>)>;

  // `identity` is the proxy's registry key, which signs its hello. `handler` outlives every
  // request. Without `on_worker` reverse connections are refused; with it, dropping the connection
  // it is given closes it.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(
      const async::Executor& executor, ListenerOptions options,
      std::shared_ptr<const crypto::Ed25519KeyPair> identity, ports::HttpHandler& handler,
      OnWorker on_worker);
  ~Listener();  // stop()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] Endpoint local() const;
  [[nodiscard]] ListenerCounts counts() const;
  // Adds to the counters what has happened since the last call, and sets the gauges.
  void report_to(ports::Metrics& metrics);
  // Accepts no more, drains every forward connection, then closes. Reverse connections belong to
  // their holder.
  [[nodiscard]] async::Task<void> drain(async::Deadline deadline);
  // Closes the door and every forward connection at once.
  void stop();

 private:
  friend struct ListenerLoops;
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace cocoon::net
