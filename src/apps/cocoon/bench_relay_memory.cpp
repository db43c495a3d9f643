#include "apps/cocoon/bench_relay_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <thread>

#include "apps/cocoon/bench_figures.h"
#include "apps/cocoon/bench_load.h"
#include "apps/cocoon/error.h"

namespace cocoon::apps {
namespace {

using codec::Json;

struct Extent {
  std::size_t streams;
  std::uint64_t window_ms;
  std::size_t more_workers;
};

Extent extent_of(BenchOptions::Effort effort) {
  switch (effort) {
    case BenchOptions::Effort::kQuick:
      return {.streams = 16, .window_ms = 500, .more_workers = 1};
    case BenchOptions::Effort::kFull:
      return {.streams = 256, .window_ms = 3000, .more_workers = 8};
  }
  return {};
}

double memory_of_proxy(const Devnet& net) {
  const auto proxy = std::ranges::find(net.processes(), "proxy-1", &Process::name);
  return proxy == net.processes().end() ? 0 : own_memory_kib(proxy->pid());
}

// What the proxy holds for a worker, from two networks that differ in their number.
Result<double> memory_per_worker(const RelayLab& lab, const Extent& extent) {
  TRY(const auto few, lab.network("few", 1));
  const double before = memory_of_proxy(*few);
  few->stop();
  TRY(const auto many, lab.network("many", 1 + extent.more_workers));
  const double after = memory_of_proxy(*many);
  many->stop();
  return (after - before) / static_cast<double>(extent.more_workers);
}

}  // namespace

Result<RelayMemory> measure_memory(const RelayLab& lab, const BenchOptions& options) {
  const Extent extent = extent_of(options.effort);
  const Way& way = *lab.way(kCocoon);
  RelayMemory memory;
  for (const Way::Server& server : way.servers)
    memory.processes.push_back({.name = server.name, .idle_kib = own_memory_kib(server.pid)});
  // Streams that are under way for longer than the load takes, each with an event now and then.
  const LoadPlan plan{.port = way.port,
                      .connections = extent.streams,
                      .chunks = 1000,
                      .interval_us = 100'000,
                      .warm_ms = extent.window_ms / 2,
                      .window_ms = extent.window_ms,
                      .servers = {}};
  auto running = std::async(std::launch::async,
                            [&] { return run_load(plan, options.programs, lab.scratch()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(extent.window_ms));
  for (std::size_t i = 0; i < way.servers.size(); ++i) {
    RelayMemory::OfProcess& process = memory.processes[i];
    process.per_stream_kib = (own_memory_kib(way.servers[i].pid) - process.idle_kib) /
                             static_cast<double>(extent.streams);
  }
  TRY(const Load load, running.get());
  if (load.failures > 0) return fail(AppError::kBadAnswer, "streams failed while they were held");
  TRY(memory.per_worker_kib, memory_per_worker(lab, extent));
  return memory;
}

void show(const RelayMemory& memory, const Terminal& terminal) {
  terminal.headline("memory");
  Table table({"", "idle KiB", "a stream KiB"});
  for (const RelayMemory::OfProcess& process : memory.processes) {
    table.add({process.name, fmt::format("{:.0f}", process.idle_kib),
               fmt::format("{:.1f}", process.per_stream_kib)});
  }
  table.show(terminal);
  terminal.text(
      fmt::format("  the proxy holds {:.1f} KiB for each attached worker", memory.per_worker_kib));
}

Json to_json(const RelayMemory& memory) {
  Json processes = Json::object();
  for (const RelayMemory::OfProcess& process : memory.processes) {
    Json entry = Json::object();
    entry.set("idle_kib", decimal(process.idle_kib));
    entry.set("per_stream_kib", decimal(process.per_stream_kib));
    processes.set(process.name, std::move(entry));
  }
  Json out = Json::object();
  out.set("processes", std::move(processes));
  out.set("proxy_per_worker_kib", decimal(memory.per_worker_kib));
  return out;
}

}  // namespace cocoon::apps
