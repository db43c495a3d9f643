#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ports/link.h"
#include "tests/fakes/world/memory_http.h"

namespace cocoon::fakes {

// A connection that a worker opened to a proxy and over which it serves.
class MemoryWorkerLink final : public ports::WorkerLink {
 public:
  MemoryWorkerLink(Simulation& simulation, ports::HttpHandler& worker,
                   const crypto::Ed25519PublicKey& identity_key, MemoryHttpSettings settings = {})
      : clock_(simulation.clock()),
        http_(simulation, worker, settings),
        identity_key_(identity_key) {}

  [[nodiscard]] Task<void> wait_closed() override { return http_.wait_cut(); }
  [[nodiscard]] Task<void> drain(ports::Deadline by) override;
  void close() override { http_.cut(); }
  [[nodiscard]] ports::HttpClient& client() override { return http_; }
  [[nodiscard]] const crypto::Ed25519PublicKey& identity_key() const override {
    return identity_key_;
  }

  [[nodiscard]] MemoryHttp& http() { return http_; }

 private:
  async::Clock& clock_;
  MemoryHttp http_;
  crypto::Ed25519PublicKey identity_key_;
};

// Who listens where: clients connect to proxies, workers dial them. A place can be unplugged and
// plugged in again.
class MemoryNetwork {
 public:
  using Accept = std::function<void(std::shared_ptr<ports::WorkerLink>)>;

  explicit MemoryNetwork(Simulation& simulation) : simulation_(simulation) {}
  MemoryNetwork(const MemoryNetwork&) = delete;
  MemoryNetwork& operator=(const MemoryNetwork&) = delete;

  // A proxy: `serve` answers clients, `accept` takes workers.
  void listen(const ports::Endpoint& at, ports::HttpHandler& serve, Accept accept = {});
  // Cuts every connection to it and refuses new ones.
  void unplug(const ports::Endpoint& at);
  void plug_in(const ports::Endpoint& at);
  // Its present connections with clients take no more requests.
  void refuse_streams(const ports::Endpoint& at);

  // Always gives a client; its requests are kUnreachable while nobody listens there, or another key
  // does.
  [[nodiscard]] std::unique_ptr<ports::HttpClient> connect(const ports::Endpoint& to);
  [[nodiscard]] Result<std::shared_ptr<MemoryWorkerLink>> dial(
      const ports::Endpoint& to, ports::HttpHandler& serve,
      const crypto::Ed25519PublicKey& identity_key);

  void set_http_settings(MemoryHttpSettings settings) { settings_ = settings; }
  // Everything that passed between clients and proxies, and between proxies and workers.
  [[nodiscard]] Bytes seen() const;
  [[nodiscard]] std::size_t dials() const { return dials_; }
  // Worker links in the order in which they were opened.
  [[nodiscard]] const std::vector<std::shared_ptr<MemoryWorkerLink>>& worker_links() const {
    return worker_links_;
  }

 private:
  struct Place {
    ports::HttpHandler* serve = nullptr;
    Accept accept;
    crypto::Ed25519PublicKey key;
    enum class Plug : std::uint8_t { kIn, kOut } plug = Plug::kIn;
    std::vector<std::shared_ptr<MemoryHttp>> clients;
    std::vector<std::shared_ptr<MemoryWorkerLink>> workers;
  };
  class Forward;
  using Address = std::pair<std::string, std::uint16_t>;
  [[nodiscard]] Place* find(const ports::Endpoint& at);

  Simulation& simulation_;
  MemoryHttpSettings settings_;
  std::map<Address, std::shared_ptr<Place>> places_;
  std::vector<std::shared_ptr<MemoryHttp>> connections_;
  std::vector<std::shared_ptr<MemoryWorkerLink>> worker_links_;
  std::size_t dials_ = 0;
};

// One worker's way into the network.
class MemoryDialer final : public ports::ReverseDialer {
 public:
  MemoryDialer(MemoryNetwork& network, const crypto::Ed25519PublicKey& identity_key)
      : network_(network), identity_key_(identity_key) {}
  [[nodiscard]] Task<Result<std::shared_ptr<ports::Link>>> dial(ports::Endpoint proxy,
                                                                ports::HttpHandler& serve,
                                                                ports::Deadline by) override;

 private:
  MemoryNetwork& network_;
  crypto::Ed25519PublicKey identity_key_;
};

}  // namespace cocoon::fakes
