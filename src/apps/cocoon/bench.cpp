#include "apps/cocoon/bench.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <thread>

#include "apps/cocoon/bench_attest.h"
#include "apps/cocoon/bench_ledger.h"
#include "apps/cocoon/bench_relay.h"
#include "apps/cocoon/bench_ton.h"
#include "apps/cocoon/error.h"
#include "apps/common/role_program.h"

namespace cocoon::apps {
namespace {

using codec::Json;

constexpr std::array kBenches{
    Bench{.name = "relay",
          .summary = "the whole path and the proxy beside a chain of three nginx hops",
          .run = run_relay_bench},
    Bench{.name = "attest",
          .summary = "TDX, SEV-SNP and GPU evidence, cold and warm, beside the Rust crate dcap-qvl",
          .run = run_attest_bench},
    Bench{.name = "ton",
          .summary = "recorded proofs of TON beside their signatures and @ton/core, and the devnet",
          .run = run_ton_bench},
    Bench{.name = "ledger",
          .summary = "the books of a payment channel on disk, beside the disk's own flushes",
          .run = run_ledger_bench},
};

// The value behind "model name : " in /proc/cpuinfo.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

Json describe_machine() {
  utsname system{};
  (void)uname(&system);
  Json machine = Json::object();
  machine.set("processor", Json::string(processor_name()));
  machine.set("threads", Json::number(std::uint64_t{std::thread::hardware_concurrency()}));
  machine.set("kernel", Json::string(system.release));
  return machine;
}

std::string today() { return fmt::format("{:%Y-%m-%dT%H:%MZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace

std::span<const Bench> benches() { return kBenches; }

int run_benches(const std::vector<std::string>& names, const BenchOptions& options,
                Terminal& terminal) {
  Json out = Json::object();
  out.set("date", Json::string(today()));
  out.set("quick", Json::boolean(options.effort == BenchOptions::Effort::kQuick));
  out.set("machine", describe_machine());
  for (const Bench& bench : benches()) {
    if (!names.empty() && std::ranges::find(names, bench.name) == names.end()) continue;
    terminal.headline(fmt::format("{}: {}", bench.name, bench.summary));
    auto figures = bench.run(options, terminal);
    if (!figures) return report(terminal, figures.error());
    out.set(bench.name, std::move(*figures));
  }
  terminal.json(codec::write_json(out));
  return kExitOk;
}

}  // namespace cocoon::apps
