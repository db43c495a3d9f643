#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cocoon::apps {

// How bench-load asks: whole answers, or streams of `chunks` events, one every `interval_us` (0: as
// fast as they are taken).
struct LoadPlan {
  std::uint16_t port = 0;
  std::size_t connections = 1;  // one request at a time on each
  std::uint64_t chunks = 0;
  std::uint64_t interval_us = 0;
  std::uint64_t warm_ms = 500;
  std::uint64_t window_ms = 2000;
  std::vector<pid_t> servers;  // whose CPU time is taken
};

// What a load found, per unit: a request, or an event of a stream.
struct Load {
  double per_second = 0;
  std::vector<double> cpu_us;  // of each server
  double p50_us = 0;           // whole answer, or an event from engine to app
  double p99_us = 0;
  double first_p50_us = 0;  // streams: request to first event
  std::uint64_t failures = 0;
  [[nodiscard]] double cpu_us_in_all() const;
};

// The object that bench-load prints.
[[nodiscard]] Result<Load> parse_load(std::string_view json);
// Runs bench-load to its end; its output goes to a file in `scratch`.
[[nodiscard]] Result<Load> run_load(const LoadPlan& plan, const std::filesystem::path& programs,
                                    const std::filesystem::path& scratch);
[[nodiscard]] Load median_of(const std::vector<Load>& rounds);

}  // namespace cocoon::apps
