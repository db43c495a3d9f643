#pragma once

#include <string>
#include <vector>

#include "apps/cocoon/bench_relay_lab.h"

namespace cocoon::apps {

// Memory of our own processes, in KiB that are theirs alone.
struct RelayMemory {
  struct OfProcess {
    std::string name;
    double idle_kib = 0;        // just started
    double per_stream_kib = 0;  // more for each stream under way
  };
  std::vector<OfProcess> processes;
  double per_worker_kib = 0;  // of the proxy, for each attached worker
};

[[nodiscard]] Result<RelayMemory> measure_memory(const RelayLab& lab, const BenchOptions& options);
void show(const RelayMemory& memory, const Terminal& terminal);
[[nodiscard]] codec::Json to_json(const RelayMemory& memory);

}  // namespace cocoon::apps
