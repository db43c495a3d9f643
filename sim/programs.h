#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roles/client/endpoint.h"
#include "roles/proxy/service.h"
#include "roles/worker/links.h"
#include "roles/worker/service.h"
#include "sim/clock.h"
#include "sim/engine.h"
#include "sim/fabric.h"
#include "sim/ledger.h"
#include "sim/seams.h"
#include "tests/fakes/world/memory_receipt_log.h"
#include "tests/fakes/world/world.h"

namespace cocoon::sim {

// What all programs of a run share.
struct Surroundings {
  fakes::World& world;
  Fabric& fabric;
  Trace& trace;
  Ledger& ledger;
  Defect defect = Defect::kNone;
  Manners manners = Manners::kHonest;  // of the hostile proxy's operator, now
};

// One life of one program: its event loop, its clock, its place in the network. A role's class
// calls die() first in its destructor.
class Program {
 public:
  Program(Surroundings& around, std::string name);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] DriftingClock& clock() { return clock_; }
  [[nodiscard]] const Host& host() const { return host_; }
  [[nodiscard]] const Logger& log() const { return log_; }
  [[nodiscard]] async::Executor executor() const { return process_.executor(); }
  void spawn(Task<void> task) { process_.spawn(std::move(task)); }

 protected:
  ~Program() { die(); }
  // The network hears of it, and every coroutine is gone.
  void die();
  [[nodiscard]] Surroundings& around() { return around_; }

 private:
  Surroundings& around_;
  fakes::Process process_;
  DriftingClock clock_;
  Host host_;
  Logger log_;
};

class ProxyProgram final : public Program {
 public:
  enum class Operator : std::uint8_t { kHonest, kHostile };
  ProxyProgram(Surroundings& around, const std::string& name, const ports::Endpoint& place,
               Operator by);
  ~ProxyProgram() { die(); }

  // What should be zero when nothing is under way.
  [[nodiscard]] std::string leaks() const;
  [[nodiscard]] const proxy::BillBook& bills() const { return bills_; }

 private:
  fakes::CountingMetrics metrics_;
  fakes::MemoryFloorStore floors_;
  proxy::WorkerPool pool_;
  proxy::BillBook bills_;
  fakes::MemoryReceiptLog log_of_receipts_;
  proxy::Relay relay_;
  proxy::Service service_;
  HostileService hostile_;
};

class WorkerProgram final : public Program {
 public:
  WorkerProgram(Surroundings& around, const std::string& name, std::uint64_t life,
                fakes::FakeQuoteSource& quotes, const std::vector<ports::Endpoint>& proxies);
  ~WorkerProgram() { die(); }

  [[nodiscard]] SimEngine& engine() { return engine_; }
  [[nodiscard]] std::string leaks() const;
  // As at SIGTERM: no new request, those under way end, at most for so long.
  void drain(Duration at_most);
  [[nodiscard]] bool is_draining() const { return is_draining_; }

 private:
  [[nodiscard]] Task<void> boot();
  [[nodiscard]] Task<void> tell_keys();

  std::string boot_name_;
  fakes::CountingMetrics metrics_;
  fakes::FakeCollateralSource collateral_;
  SimEngine engine_;
  worker::Keyring keyring_;
  worker::Service service_;
  worker::Service forgetful_;  // for the defect of a worker without memory
  WatchedWorker watched_;
  FabricDialer dialer_;
  worker::ProxyLinks links_;
  bool is_draining_ = false;
};

class ClientProgram final : public Program {
 public:
  ClientProgram(Surroundings& around, const std::string& name, ports::ReceiptStore& receipts);
  ~ClientProgram() { die(); }

  [[nodiscard]] ports::HttpHandler& serve() { return defective_; }
  [[nodiscard]] std::string leaks() const;

 private:
  fakes::CountingMetrics metrics_;
  fakes::MemoryFloorStore floors_;
  DefectiveStore receipts_;
  fakes::MemoryReceiptStore promised_;
  fakes::MemoryDocumentStore documents_;
  client::Promises promises_;
  client::Keepsakes kept_;
  client::Fleet fleet_;
  client::Endpoint endpoint_;
  DefectiveEndpoint defective_;
};

}  // namespace cocoon::sim
