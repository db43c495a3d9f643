#include "apps/cocoon/bench_load.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>
#include <thread>

#include "apps/cocoon/bench_figures.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/process.h"
#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using namespace std::chrono_literals;

constexpr std::size_t kOutputBytesMax = 64 * 1024;
// What a load may take beyond its own times before it counts as stuck.
constexpr auto kSlack = 60s;

Result<std::uint64_t> member(const Json& of, std::string_view name) {
  const Json* const found = of.find(name);
  if (found == nullptr)
    return fail(AppError::kBadAnswer, fmt::format("bench-load gave no {}", name));
  return found->as_unsigned();
}

Result<double> microseconds(const Json& of, std::string_view name) {
  TRY(const std::uint64_t ns, member(of, name));
  return static_cast<double>(ns) / 1000;
}

}  // namespace

double Load::cpu_us_in_all() const { return std::accumulate(cpu_us.begin(), cpu_us.end(), 0.0); }

Result<Load> parse_load(std::string_view json) {
  TRY(const Json seen, codec::parse_json(json));
  TRY(const std::uint64_t window_ns, member(seen, "window_ns"));
  TRY(const std::uint64_t requests, member(seen, "requests"));
  TRY(const std::uint64_t events, member(seen, "events"));
  const bool is_stream = events > 0;
  const double units = static_cast<double>(is_stream ? events : requests);
  if (window_ns == 0) return fail(AppError::kBadAnswer, "bench-load measured for no time");
  Load load;
  TRY(load.failures, member(seen, "failures"));
  load.per_second = units / (static_cast<double>(window_ns) / 1e9);
  TRY(load.p50_us, microseconds(seen, is_stream ? "event_p50_ns" : "answer_p50_ns"));
  TRY(load.p99_us, microseconds(seen, is_stream ? "event_p99_ns" : "answer_p99_ns"));
  TRY(load.first_p50_us, microseconds(seen, "first_p50_ns"));
  const Json* const spent = seen.find("cpu_ns");
  if (spent == nullptr || spent->as_array() == nullptr)
    return fail(AppError::kBadAnswer, "bench-load gave no CPU times");
  for (const Json& of_server : *spent->as_array()) {
    TRY(const std::uint64_t ns, of_server.as_unsigned());
    load.cpu_us.push_back(units == 0 ? 0 : static_cast<double>(ns) / 1000 / units);
  }
  return load;
}

Result<Load> run_load(const LoadPlan& plan, const std::filesystem::path& programs,
                      const std::filesystem::path& scratch) {
  const std::filesystem::path output = scratch / "bench-load.out";
  std::error_code ignored;
  std::filesystem::remove(output, ignored);
  std::vector<std::string> arguments = {
      "--port",    std::to_string(plan.port),    "--connections", std::to_string(plan.connections),
      "--warm-ms", std::to_string(plan.warm_ms), "--window-ms",   std::to_string(plan.window_ms),
      "--chunks",  std::to_string(plan.chunks),  "--interval-us", std::to_string(plan.interval_us)};
  if (!plan.servers.empty()) {
    arguments.emplace_back("--pids");
    arguments.push_back(fmt::format("{}", fmt::join(plan.servers, ",")));
  }
  TRY(Process load, Process::start("bench-load", programs / "bench-load", arguments, output));
  const auto give_up = std::chrono::steady_clock::now() +
                       std::chrono::milliseconds(plan.warm_ms + plan.window_ms) + kSlack;
  while (load.is_running()) {
    if (std::chrono::steady_clock::now() > give_up)
      return fail(AppError::kTimeout, "bench-load did not end");
    std::this_thread::sleep_for(5ms);
  }
  TRY(const Bytes bytes, files::read_file(output, kOutputBytesMax));
  const std::string_view text = as_text(bytes);
  const auto begin = text.find('{');
  if (begin == std::string_view::npos)
    return fail(AppError::kChildFailed, "bench-load failed:" + load.last_words());
  return parse_load(text.substr(begin, text.find('}', begin) + 1 - begin));
}

Load median_of(const std::vector<Load>& rounds) {
  const auto over = [&](auto figure) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (const Load& round : rounds) values.push_back(figure(round));
    return median(std::move(values));
  };
  Load out{.per_second = over([](const Load& r) { return r.per_second; }),
           .cpu_us = {},
           .p50_us = over([](const Load& r) { return r.p50_us; }),
           .p99_us = over([](const Load& r) { return r.p99_us; }),
           .first_p50_us = over([](const Load& r) { return r.first_p50_us; }),
           .failures = 0};
  for (const Load& round : rounds) out.failures += round.failures;
  const std::size_t servers = rounds.empty() ? 0 : rounds.front().cpu_us.size();
  for (std::size_t i = 0; i < servers; ++i)
    out.cpu_us.push_back(over([i](const Load& r) { return r.cpu_us.at(i); }));
  return out;
}

}  // namespace cocoon::apps
