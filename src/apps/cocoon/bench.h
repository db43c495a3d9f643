#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cocoon/terminal.h"
#include "base/result.h"
#include "codec/json.h"

namespace cocoon::apps {

struct BenchOptions {
  enum class Effort : std::uint8_t {
    kQuick,  // seconds: shows that everything works; its figures mean little
    kFull,   // minutes: what docs/benchmarks.md quotes
  };
  Effort effort = Effort::kFull;
  std::filesystem::path programs;  // the folder of our programs and of bench-*
};

// One benchmark: shows its table on the terminal and gives the same figures as one JSON object. It
// measures beside a peer in the same run, in CPU time, and takes the median of several rounds that
// are interleaved.
struct Bench {
  std::string_view name;
  std::string_view summary;
  Result<codec::Json> (*run)(const BenchOptions& options, Terminal& terminal);
};

// Every benchmark there is, in the order of docs/benchmarks.md. A new one adds its line in
// bench.cpp.
[[nodiscard]] std::span<const Bench> benches();

// `cocoon bench [NAME]…`: these, or all. Exit status.
[[nodiscard]] int run_benches(const std::vector<std::string>& names, const BenchOptions& options,
                              Terminal& terminal);

}  // namespace cocoon::apps
