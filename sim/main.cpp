#include <CLI/CLI.hpp>
#include <cstdio>

#include "sim/run.h"

// Runs seeds and ends with "N passed, N failed, 0 skipped"; with --trace one seed's whole trace.
int main(int argc, char** argv) {
  std::uint64_t first = 1;
  std::uint64_t count = 300;
  bool is_traced = false;
  CLI::App app("Runs the whole network from one seed after another, under faults.");
  app.add_option("--first", first, "the first seed");
  app.add_option("--count", count, "how many");
  app.add_flag("--trace", is_traced, "print everything that happens");
  CLI11_PARSE(app, argc, argv);

  std::uint64_t failed = 0;
  std::size_t answered = 0;
  std::size_t refused = 0;
  std::size_t aborted = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const cocoon::sim::Report report = cocoon::sim::run(seed);
    if (is_traced) {
      for (const std::string& line : report.trace) std::printf("%s\n", line.c_str());
      std::printf("seed %ju: trace %s\n", std::uintmax_t{seed}, report.digest.c_str());
    }
    answered += report.answered;
    refused += report.failed;
    aborted += report.aborted;
    if (report.violations.empty()) continue;
    ++failed;
    for (const std::string& what : report.violations)
      std::printf("seed %ju: %s\n", std::uintmax_t{seed}, what.c_str());
    std::printf("seed %ju failed; replay it with: make sim SEED=%ju\n", std::uintmax_t{seed},
                std::uintmax_t{seed});
    std::fflush(stdout);
  }
  std::printf("%zu questions answered, %zu ended with an error, %zu given up by their app\n",
              answered, refused, aborted);
  std::printf("%ju passed, %ju failed, 0 skipped\n", std::uintmax_t{count - failed},
              std::uintmax_t{failed});
  return failed == 0 ? 0 : 1;
}
