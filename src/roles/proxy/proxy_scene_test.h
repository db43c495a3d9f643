#pragma once

#include "roles/proxy/service.h"
#include "tests/fakes/world/memory_receipt_log.h"
#include "tests/fakes/world/stub_worker.h"

namespace cocoon::proxy {

// A proxy alone, with stub workers to attach to it and a client in front of it.
struct ProxyScene {
  struct Options {
    RelayLimits limits = {};
    std::size_t workers_max = 8;
    std::size_t bills_max = 100;
    fakes::MemoryHttpSettings http = {};
  };
  ProxyScene() : ProxyScene(Options{}) {}
  explicit ProxyScene(Options options);
  ~ProxyScene() { world.sim.end(); }

  // Attaches the worker and lets the proxy look at it.
  std::shared_ptr<fakes::MemoryWorkerLink> attach(fakes::StubWorker& worker);
  void attach(std::shared_ptr<fakes::MemoryWorkerLink> link);
  // The kids of the directory, as a client gets it.
  [[nodiscard]] std::vector<Kid> listed();
  [[nodiscard]] fakes::WholeAnswer get(std::string path);
  // Whether the directory holds this worker and nothing else.
  [[nodiscard]] bool lists_only(const fakes::StubWorker& worker) {
    return listed() == std::vector<Kid>{worker.kid()};
  }

  fakes::World world;
  fakes::CountingMetrics metrics;
  fakes::MemoryFloorStore floors;
  WorkerPool pool;
  BillBook bills;
  fakes::MemoryReceiptLog receipts;
  Relay relay;
  Service service;
  fakes::MemoryHttp http;
};

// A request for these candidates. The proxy cannot tell that nothing is sealed in it.
struct Envelope {
  sealed::EnvelopeHead head;
  Bytes body;

  [[nodiscard]] Bytes encode() const;
};
[[nodiscard]] Envelope envelope_for(ProxyScene& scene,
                                    const std::vector<const fakes::StubWorker*>& candidates,
                                    std::size_t body_bytes = 2000);

[[nodiscard]] Task<Result<ports::HttpResponse>> open(ProxyScene& scene, Bytes envelope);
[[nodiscard]] Result<fakes::WholeAnswer> post(ProxyScene& scene, Bytes envelope);
[[nodiscard]] Result<fakes::WholeAnswer> post(
    ProxyScene& scene, const std::vector<const fakes::StubWorker*>& candidates);

}  // namespace cocoon::proxy
