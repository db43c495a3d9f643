#include "apps/cocoon/bench_crate.h"

#include <unistd.h>

#include <cstdlib>

#include "apps/cocoon/bench_child.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;

Result<double> microseconds(const codec::Json& of, std::string_view name) {
  TRY(const std::uint64_t ns, count_in(of, name));
  return static_cast<double>(ns) / 1000;
}

}  // namespace

Result<CrateCosts> parse_crate_costs(const codec::Json& seen) {
  CrateCosts out;
  TRY(out.from_bytes_us, microseconds(seen, "from_bytes_ns"));
  TRY(out.parsed_us, microseconds(seen, "parsed_ns"));
  return out;
}

std::optional<CrateBench> CrateBench::find(const fs::path& programs) {
  const char* const named = std::getenv("ATTEST_ORACLE_RUST");
  fs::path program = named != nullptr
                         ? fs::path(named)
                         : programs.parent_path() / "oracles/attest/release/cocoon-attest-oracle";
  if (access(program.c_str(), X_OK) != 0) return std::nullopt;
  return CrateBench(std::move(program));
}

Result<CrateCosts> CrateBench::run(const AttestSubject::QuoteFiles& quote,
                                   std::size_t calls) const {
  TRY(const codec::Json seen,
      run_for_json({.name = "dcap-qvl",
                    .program = program_,
                    .arguments = {"bench", std::to_string(calls), quote.quote.string(),
                                  quote.collateral.string(), std::to_string(quote.at.value())}}));
  return parse_crate_costs(seen);
}

}  // namespace cocoon::apps
