#include "sim/fabric.h"

#include <algorithm>

#include "async/race.h"

namespace cocoon::sim {

using namespace std::chrono_literals;
using ports::HttpError;

namespace {

// As net/limits.h: silence for 15 s, then a ping that is not answered for 10 s.
constexpr Duration kSilenceMax = 25s;
constexpr Duration kConnectTimeout = 5s;
constexpr Conditions kLoopback{.latency = 20us, .jitter = 20us, .pieces_max = 3};

// The worker's end of the connection that it dialled.
class DialledLink : public ports::Link {
 public:
  explicit DialledLink(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  [[nodiscard]] Task<void> wait_closed() override {
    return connection_->wait_lost(connection_->server());
  }
  [[nodiscard]] Task<void> drain(ports::Deadline by) override {
    const std::shared_ptr<Connection> connection = connection_;
    connection->refuse_new();
    const auto idle = [](std::shared_ptr<Connection> of) -> Task<Status> {
      co_await of->wait_idle();
      co_return Status();
    };
    (void)co_await async::with_deadline(*connection->server().clock, by, idle(connection));
    connection->leave(connection->server());
  }
  void close() override { connection_->leave(connection_->server()); }

 private:
  std::shared_ptr<Connection> connection_;
};

// The proxy's end of it.
class AcceptedLink final : public ports::WorkerLink {
 public:
  AcceptedLink(std::shared_ptr<Connection> connection, const crypto::Ed25519PublicKey& identity_key)
      : connection_(std::move(connection)), client_(connection_), identity_key_(identity_key) {}
  [[nodiscard]] Task<void> wait_closed() override {
    return connection_->wait_lost(connection_->asker());
  }
  [[nodiscard]] Task<void> drain(ports::Deadline) override {
    close();
    co_return;
  }
  void close() override { connection_->leave(connection_->asker()); }
  [[nodiscard]] ports::HttpClient& client() override { return client_; }
  [[nodiscard]] const crypto::Ed25519PublicKey& identity_key() const override {
    return identity_key_;
  }

 private:
  std::shared_ptr<Connection> connection_;
  ConnectionClient client_;
  crypto::Ed25519PublicKey identity_key_;
};

std::unique_ptr<End> end_of(const Host& host) {
  return std::make_unique<End>(host.name, host.executor, *host.clock);
}

}  // namespace

class Fabric::Forward final : public ports::HttpClient {
 public:
  Forward(Fabric& fabric, Host from, ports::Endpoint to)
      : fabric_(fabric), from_(std::move(from)), to_(std::move(to)) {}

  [[nodiscard]] Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                       ports::Deadline head_by) override {
    if (!connection_ || !connection_->is_open()) {
      const ports::Deadline by = std::min(head_by, from_.clock->in(kConnectTimeout));
      const Place* const place = co_await fabric_.reach(from_, to_, by);
      if (place == nullptr) co_return fail(HttpError::kUnreachable, "nobody answers there");
      // Another request may have connected meanwhile.
      if (!connection_ || !connection_->is_open())
        connection_ = fabric_.open(from_, place->host, *place->serve, fabric_.conditions_);
    }
    const std::shared_ptr<Connection> connection = connection_;
    co_return co_await connection->send(std::move(request), head_by);
  }

 private:
  Fabric& fabric_;
  Host from_;
  ports::Endpoint to_;
  std::shared_ptr<Connection> connection_;
};

Fabric::Pair Fabric::pair_of(const std::string& one, const std::string& other) {
  return one < other ? Pair(one, other) : Pair(other, one);
}

bool Fabric::is_parted(const std::string& one, const std::string& other) const {
  return parted_.contains(pair_of(one, other));
}

void Fabric::listen(const Host& host, const ports::Endpoint& at, ports::HttpHandler& serve,
                    Accept accept) {
  places_.insert_or_assign(Address(at.host, at.port),
                           Place{host, &serve, std::move(accept), at.key});
}

void Fabric::leave(const Host& host) {
  std::erase_if(places_, [&](const auto& entry) { return entry.second.host.clock == host.clock; });
  for (const auto& connection : connections_) {
    for (End* const end : {&connection->asker(), &connection->server()}) {
      if (end->clock == host.clock) connection->leave(*end);
    }
  }
  forget_lost();
}

void Fabric::forget_lost() {
  std::erase_if(connections_, [](const auto& connection) {
    return connection->asker().state == End::State::kLost &&
           connection->server().state == End::State::kLost;
  });
}

std::shared_ptr<Connection> Fabric::open(const Host& asker, const Host& server,
                                         ports::HttpHandler& serve, const Conditions& conditions) {
  forget_lost();
  auto connection = std::make_shared<Connection>(world_.simulation, world_.random, conditions,
                                                 end_of(asker), end_of(server), serve);
  if (is_parted(asker.name, server.name)) connection->go_silent(kSilenceMax);
  connections_.push_back(connection);
  world_.trace.note(asker.name, "asks over a new connection " + server.name);
  return connection;
}

Task<const Fabric::Place*> Fabric::reach(Host from, ports::Endpoint to, ports::Deadline by) {
  // TCP's and TLS's first packets, there and back.
  co_await from.clock->sleep_for(3 * conditions_.latency);
  const auto found = places_.find(Address(to.host, to.port));
  if (found == places_.end() || found->second.key != to.key) co_return nullptr;
  if (!is_parted(from.name, found->second.host.name)) co_return &found->second;
  co_await from.clock->sleep_until(by);
  co_return nullptr;
}

std::unique_ptr<ports::HttpClient> Fabric::connect(const Host& from, const ports::Endpoint& to) {
  return std::make_unique<Forward>(*this, from, to);
}

std::shared_ptr<Connection> Fabric::connect_local(const Host& from, const Host& to,
                                                  ports::HttpHandler& serve) {
  return open(from, to, serve, kLoopback);
}

Task<Result<std::shared_ptr<ports::Link>>> Fabric::dial(Host from, ports::Endpoint to,
                                                        ports::HttpHandler& serve,
                                                        crypto::Ed25519PublicKey identity_key,
                                                        ports::Deadline by) {
  const Place* const place = co_await reach(from, to, by);
  if (place == nullptr || !place->accept)
    co_return fail(HttpError::kUnreachable, "nobody answers there");
  auto connection = open(place->host, from, serve, conditions_);
  const auto accept = [](Accept take, std::shared_ptr<ports::WorkerLink> link) -> Task<void> {
    take(std::move(link));
    co_return;
  };
  async::spawn(place->host.executor,
               accept(place->accept, std::make_shared<AcceptedLink>(connection, identity_key)),
               [this](std::string_view what) { world_.simulation.note_crash(what); });
  co_return std::make_shared<DialledLink>(std::move(connection));
}

void Fabric::part(const std::string& one, const std::string& other) {
  if (!parted_.insert(pair_of(one, other)).second) return;
  world_.trace.note("network", "parts " + one + " and " + other);
  for (const auto& connection : connections_) {
    if (pair_of(connection->asker().name, connection->server().name) == pair_of(one, other))
      connection->go_silent(kSilenceMax);
  }
}

void Fabric::heal(const std::string& one, const std::string& other) {
  if (parted_.erase(pair_of(one, other)) == 0) return;
  world_.trace.note("network", "joins " + one + " and " + other);
  for (const auto& connection : connections_) {
    if (pair_of(connection->asker().name, connection->server().name) == pair_of(one, other))
      connection->resume();
  }
}

void Fabric::heal_all() {
  const std::set<Pair> pairs = parted_;
  for (const auto& [one, other] : pairs) heal(one, other);
}

void Fabric::tear_one() {
  forget_lost();
  if (connections_.empty()) return;
  Connection& connection = *connections_[world_.random.below(connections_.size())];
  world_.trace.note("network",
                    "tears " + connection.asker().name + " from " + connection.server().name);
  connection.tear();
}

void Fabric::tear_all() {
  for (const auto& connection : connections_) connection->tear();
}

std::size_t Fabric::streams() const {
  std::size_t sum = 0;
  for (const auto& connection : connections_) sum += connection->asked() + connection->served();
  return sum;
}

}  // namespace cocoon::sim
