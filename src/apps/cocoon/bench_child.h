#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace cocoon::apps {

// A peer of a benchmark that is a program of its own.
struct BenchChild {
  std::string name;  // for messages
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::chrono::seconds end_by{60};
};

// Runs it to its end and gives the one JSON value that it printed.
[[nodiscard]] Result<codec::Json> run_for_json(const BenchChild& child);
// A whole number among its members. kBadAnswer if it is not there.
[[nodiscard]] Result<std::uint64_t> count_in(const codec::Json& object, std::string_view name);

}  // namespace cocoon::apps
