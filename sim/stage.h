#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/apps.h"
#include "sim/programs.h"

namespace cocoon::sim {

// The programs of a run and the places that they have in the world: machines, addresses, disks stay
// when a program dies.
class Stage {
 public:
  static constexpr std::size_t kProxies = 2;
  static constexpr std::size_t kWorkers = 3;
  static constexpr std::size_t kClients = 2;

  Stage(std::uint64_t seed, Defect defect);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage();

  [[nodiscard]] fakes::World& world() { return world_; }
  [[nodiscard]] Simulation& simulation() { return world_.sim; }
  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] Fabric& fabric() { return fabric_; }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return world_.random.below(bound); }

  // Programs die and are started again.
  void start_proxy(std::size_t which);
  void start_worker(std::size_t which);
  void start_client(std::size_t which);
  void stop_proxy(std::size_t which);
  void stop_worker(std::size_t which) { workers_[which].program.reset(); }
  void stop_client(std::size_t which) { clients_[which].program.reset(); }
  [[nodiscard]] ProxyProgram* proxy(std::size_t which) { return proxies_[which].program.get(); }
  [[nodiscard]] WorkerProgram* worker(std::size_t which) { return workers_[which].program.get(); }
  [[nodiscard]] ClientProgram* client(std::size_t which) { return clients_[which].program.get(); }
  [[nodiscard]] fakes::FakeQuoteSource& hardware(std::size_t which) {
    return *workers_[which].hardware;
  }
  [[nodiscard]] fakes::MemoryReceiptStore& disk(std::size_t which) { return *clients_[which].disk; }
  // Everything that runs, is reachable, and behaves from now on.
  void make_peace();

  // Asks one more question of a client, if it runs; gives its number.
  std::optional<std::uint64_t> ask(std::size_t client, const Habits& habits);

  // Answers against receipts, receipts against bills.
  void check_books();
  // Nothing may be left once no question is under way.
  void check_leaks();

 private:
  struct ProxySlot {
    ports::Endpoint place;
    ProxyProgram::Operator by = ProxyProgram::Operator::kHonest;
    std::unique_ptr<ProxyProgram> program;
  };
  struct WorkerSlot {
    std::unique_ptr<fakes::FakeQuoteSource> hardware;
    std::uint64_t lives = 0;
    std::unique_ptr<WorkerProgram> program;
  };
  struct ClientSlot {
    std::unique_ptr<fakes::MemoryReceiptStore> disk;
    std::unique_ptr<ClientProgram> program;
  };
  void check_bills_of(const ProxyProgram& proxy);

  fakes::World world_;
  Trace trace_;
  Ledger ledger_;
  Fabric fabric_;
  Surroundings around_;
  Host apps_;
  std::vector<ProxySlot> proxies_;
  std::vector<WorkerSlot> workers_;
  std::vector<ClientSlot> clients_;
  std::vector<std::size_t> asked_of_;  // by question: which client
};

}  // namespace cocoon::sim
