#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/cocoon/bench.h"
#include "apps/cocoon/commands.h"
#include "apps/cocoon/process.h"

namespace cocoon::apps {
namespace {

constexpr const char* kBenchHelp = R"(DESCRIPTION
  Measures beside a peer in the same run: CPU time of the processes, medians of interleaved rounds. relay is the whole
  path and the proxy, beside a chain of three nginx hops; it wants nginx (tools/bootstrap bench) and skips it where there
  is none. attest verifies recorded evidence on one thread, cold and with what a running verifier remembers, beside the Rust
  crate dcap-qvl; it wants the sources' tests/oracles/attest/build_crate and skips the crate where that was not run. ton checks
  recorded proofs of TON's mainnet, beside their signatures alone, reads blocks beside @ton/core, and sends messages to the
  devnet; the last two want Node and tools/devnet install. ledger keeps the books of payments in the folder for temporary
  files (TMPDIR), beside flushes of single pages there.
  Everything listens on loopback and is gone afterwards.

OUTPUT OF --json
  {"date": TIME, "quick": BOOL, "machine": {...}, NAME: {...}}; docs/benchmarks.md explains the figures.

EXIT STATUS
  0 measured, whatever the figures; 1 something did not run.

EXAMPLE
  cocoon bench relay --quick)";

struct Chosen {
  std::vector<std::string> names;
  bool quick = false;
};

}  // namespace

void add_bench_command(Commands& commands) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App& bench =
      commands.add(commands.root(), "bench", "the figures of docs/benchmarks.md, afresh",
                   kBenchHelp, [chosen](Terminal& terminal) {
                     BenchOptions options;
                     options.programs = program_folder();
                     if (chosen->quick) options.effort = BenchOptions::Effort::kQuick;
                     return run_benches(chosen->names, options, terminal);
                   });
  std::vector<std::string> names;
  for (const Bench& known : benches()) names.emplace_back(known.name);
  bench.add_option("NAME", chosen->names, "which ones; all unless given")
      ->check(CLI::IsMember(names));
  bench.add_flag("--quick", chosen->quick, "seconds instead of minutes; the figures mean little");
}

}  // namespace cocoon::apps
