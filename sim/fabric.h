#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ports/link.h"
#include "sim/connection.h"
#include "sim/trace.h"

namespace cocoon::sim {

// A running program as the network sees it. A restarted one is another host of the same name.
struct Host {
  std::string name;
  async::Executor executor;
  async::Clock* clock;
};

// Who can reach whom. Programs join and leave; pairs of names can be parted, which silences their
// connections and leaves new ones unanswered.
class Fabric {
 public:
  using Accept = std::function<void(std::shared_ptr<ports::WorkerLink>)>;
  struct World {
    Simulation& simulation;
    fakes::SeededRandom& random;
    Trace& trace;
  };
  explicit Fabric(World world) : world_(world) {}
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;

  // The program dies: the other ends of its connections hear of it, nobody listens there any more.
  void leave(const Host& host);
  void listen(const Host& host, const ports::Endpoint& at, ports::HttpHandler& serve,
              Accept accept);

  // Connects when it is first asked, and again after a connection was lost.
  [[nodiscard]] std::unique_ptr<ports::HttpClient> connect(const Host& from,
                                                           const ports::Endpoint& to);
  [[nodiscard]] Task<Result<std::shared_ptr<ports::Link>>> dial(
      Host from, ports::Endpoint to, ports::HttpHandler& serve,
      crypto::Ed25519PublicKey identity_key, ports::Deadline by);
  // One that is there at once: an app's to the client on its own machine.
  [[nodiscard]] std::shared_ptr<Connection> connect_local(const Host& from, const Host& to,
                                                          ports::HttpHandler& serve);

  void part(const std::string& one, const std::string& other);
  void heal(const std::string& one, const std::string& other);
  void heal_all();
  // Breaks one of the connections that are up, if there is one.
  void tear_one();
  // At the end of the world.
  void tear_all();

  void set_conditions(const Conditions& conditions) { conditions_ = conditions; }
  // Streams that anybody holds and handlers that run, over all connections that are up.
  [[nodiscard]] std::size_t streams() const;

 private:
  struct Place {
    Host host;
    ports::HttpHandler* serve;
    Accept accept;
    crypto::Ed25519PublicKey key;
  };
  class Forward;
  using Address = std::pair<std::string, std::uint16_t>;
  using Pair = std::pair<std::string, std::string>;
  [[nodiscard]] static Pair pair_of(const std::string& one, const std::string& other);
  [[nodiscard]] bool is_parted(const std::string& one, const std::string& other) const;
  [[nodiscard]] std::shared_ptr<Connection> open(const Host& asker, const Host& server,
                                                 ports::HttpHandler& serve,
                                                 const Conditions& conditions);
  // Who listens there, once this host's first packets got through and back, or nothing.
  [[nodiscard]] Task<const Place*> reach(Host from, ports::Endpoint to, ports::Deadline by);
  void forget_lost();

  World world_;
  Conditions conditions_;
  std::map<Address, Place> places_;
  std::set<Pair> parted_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

// A worker's way into the network.
class FabricDialer final : public ports::ReverseDialer {
 public:
  FabricDialer(Fabric& fabric, Host host, const crypto::Ed25519PublicKey& identity_key)
      : fabric_(fabric), host_(std::move(host)), identity_key_(identity_key) {}
  [[nodiscard]] Task<Result<std::shared_ptr<ports::Link>>> dial(ports::Endpoint proxy,
                                                                ports::HttpHandler& serve,
                                                                ports::Deadline by) override {
    return fabric_.dial(host_, std::move(proxy), serve, identity_key_, by);
  }

 private:
  Fabric& fabric_;
  Host host_;
  crypto::Ed25519PublicKey identity_key_;
};

// What a peer is asked through, for as long as the connection lasts.
class ConnectionClient final : public ports::HttpClient {
 public:
  explicit ConnectionClient(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  [[nodiscard]] Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                       ports::Deadline head_by) override {
    return connection_->send(std::move(request), head_by);
  }
  [[nodiscard]] Connection& connection() { return *connection_; }

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace cocoon::sim
