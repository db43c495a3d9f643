#pragma once

#include "roles/client/endpoint.h"
#include "roles/proxy/service.h"
#include "roles/worker/links.h"
#include "roles/worker/service.h"
#include "tests/fakes/world/fake_engine.h"
#include "tests/fakes/world/memory_receipt_log.h"
#include "tests/fakes/world/world.h"

namespace cocoon::network {

using async::Task;
using fakes::World;

struct ProxyNode {
  ProxyNode(World& world, const std::string& name, std::uint16_t port);

  fakes::CountingMetrics metrics;
  fakes::MemoryFloorStore floors;
  ports::Endpoint place;
  proxy::WorkerPool pool;
  proxy::BillBook bills;
  fakes::MemoryReceiptLog receipts;
  proxy::Relay relay;
  proxy::Service service;
};

struct WorkerNode {
  // A machine of its own, attached to all these proxies.
  WorkerNode(World& world, const std::string& name, const std::vector<ports::Endpoint>& proxies);

  fakes::CountingMetrics metrics;
  fakes::FakeQuoteSource quotes;
  fakes::FakeCollateralSource collateral;
  fakes::FakeEngine engine;
  worker::Keyring keyring;
  worker::Service service;
  fakes::MemoryDialer dialer;
  worker::ProxyLinks links;
};

struct ClientNode {
  explicit ClientNode(World& world);
  // The signed receipt that it keeps for this request.
  [[nodiscard]] Bytes receipt_of(const RequestId& id) const {
    return client::KeptAnswer::decode(receipts.receipts().at(id)).value().receipt;
  }

  fakes::CountingMetrics metrics;
  fakes::MemoryFloorStore floors;
  fakes::MemoryReceiptStore receipts;
  fakes::MemoryReceiptStore promised;
  fakes::MemoryDocumentStore documents;
  client::Promises promises;
  client::Keepsakes kept;
  client::Fleet fleet;
  client::Endpoint endpoint;
  fakes::MemoryHttp app;
};

// A network with one client, started and settled: every worker is attached, verified and listed.
struct Network {
  struct Size {
    std::size_t proxies = 1;
    std::size_t workers = 2;
    std::uint64_t seed = 1;
  };
  explicit Network(Size size);
  ~Network() { world.sim.end(); }

  // What one app gets for this body.
  [[nodiscard]] Task<Result<fakes::WholeAnswer>> ask(std::string body);
  [[nodiscard]] Result<fakes::WholeAnswer> ask_now(std::string body) {
    return world.sim.run(ask(std::move(body)));
  }
  [[nodiscard]] fakes::WholeAnswer get(std::string path);
  [[nodiscard]] WorkerNode* worker_of(std::string_view kid_hex);

  World world;
  std::vector<std::unique_ptr<ProxyNode>> proxies;
  std::vector<std::unique_ptr<WorkerNode>> workers;
  std::unique_ptr<ClientNode> client;
};

// Every worker's engine answers like this from now on.
void answer_with(Network& network, const fakes::EngineAnswer& answer);
// Of all engines together.
[[nodiscard]] std::size_t calls(const Network& network);

}  // namespace cocoon::network
