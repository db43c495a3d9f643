#pragma once

#include <filesystem>
#include <optional>

#include "apps/cocoon/bench_attest_subjects.h"
#include "codec/json.h"

namespace cocoon::apps {

// CPU microseconds of one verification by the Rust crate dcap-qvl.
struct CrateCosts {
  double from_bytes_us = 0;  // quote and collateral, both as they travel
  double parsed_us = 0;      // the quote's bytes, the collateral parsed before
};

// The crate's stopwatch (tests/oracles/attest/rust), a program that runs on its own.
class CrateBench {
 public:
  // None if it was not built: it needs a Rust toolchain (tests/oracles/attest/build_crate). It is
  // ATTEST_ORACLE_RUST, or where that script puts it beside `programs`.
  [[nodiscard]] static std::optional<CrateBench> find(const std::filesystem::path& programs);

  // The means of so many verifications of each kind.
  [[nodiscard]] Result<CrateCosts> run(const AttestSubject::QuoteFiles& quote,
                                       std::size_t calls) const;

 private:
  explicit CrateBench(std::filesystem::path program) : program_(std::move(program)) {}
  std::filesystem::path program_;
};

// What it printed: {"from_bytes_ns":…,"parsed_ns":…}, each of one verification.
[[nodiscard]] Result<CrateCosts> parse_crate_costs(const codec::Json& printed);

}  // namespace cocoon::apps
