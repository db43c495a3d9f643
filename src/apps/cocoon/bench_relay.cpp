#include "apps/cocoon/bench_relay.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <thread>

#include "apps/cocoon/bench_asymmetric.h"
#include "apps/cocoon/bench_figures.h"
#include "apps/cocoon/bench_load.h"
#include "apps/cocoon/bench_relay_lab.h"
#include "apps/cocoon/bench_relay_memory.h"

namespace cocoon::apps {
namespace {

using codec::Json;

constexpr std::size_t kStreams = 16;
constexpr std::uint64_t kPaceUs = 10'000;
// The connections at which DESIGN §9 states its target.
constexpr std::size_t kReferenceConnections = 16;

struct Scenario {
  std::string_view group;  // plain, paced, flat_out
  std::size_t connections = 1;
  std::uint64_t chunks = 0;
  std::uint64_t interval_us = 0;
};

struct Pace {
  std::size_t rounds;
  std::uint64_t warm_ms;
  std::uint64_t window_ms;
};

Pace pace_of(BenchOptions::Effort effort) {
  switch (effort) {
    case BenchOptions::Effort::kQuick:
      return {.rounds = 1, .warm_ms = 100, .window_ms = 200};
    case BenchOptions::Effort::kFull:
      return {.rounds = 5, .warm_ms = 400, .window_ms = 1500};
  }
  return {};
}

std::vector<Scenario> scenarios_of(BenchOptions::Effort effort) {
  std::vector<Scenario> scenarios;
  const bool is_full = effort == BenchOptions::Effort::kFull;
  for (const std::size_t connections : {1UZ, 16UZ, 64UZ, 256UZ}) {
    if (is_full || connections <= kReferenceConnections)
      scenarios.push_back({.group = "plain", .connections = connections});
  }
  const std::uint64_t chunks = is_full ? 100 : 20;
  scenarios.push_back(
      {.group = "paced", .connections = kStreams, .chunks = chunks, .interval_us = kPaceUs});
  scenarios.push_back({.group = "flat_out", .connections = kStreams, .chunks = 20 * chunks});
  return scenarios;
}

// What one scenario came to on each way.
struct Outcome {
  Scenario scenario;
  std::map<std::string_view, Load> by_way;
};

Result<Outcome> measure(const Scenario& scenario, const RelayLab& lab,
                        const BenchOptions& options) {
  const Pace pace = pace_of(options.effort);
  std::map<std::string_view, std::vector<Load>> rounds;
  for (std::size_t round = 0; round < pace.rounds; ++round) {
    for (const Way& way : lab.ways()) {
      LoadPlan plan{.port = way.port,
                    .connections = scenario.connections,
                    .chunks = scenario.chunks,
                    .interval_us = scenario.interval_us,
                    .warm_ms = pace.warm_ms,
                    .window_ms = pace.window_ms,
                    .servers = {}};
      for (const Way::Server& server : way.servers) plan.servers.push_back(server.pid);
      TRY(Load load, run_load(plan, options.programs, lab.scratch()));
      rounds[way.name].push_back(std::move(load));
    }
  }
  Outcome outcome{.scenario = scenario, .by_way = {}};
  for (const auto& [way, loads] : rounds) outcome.by_way[way] = median_of(loads);
  return outcome;
}

std::string shown(double value) {
  const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

void show(const Outcome& outcome, const RelayLab& lab, const Terminal& terminal) {
  const bool is_stream = outcome.scenario.chunks != 0;
  const std::string_view unit = is_stream ? "chunk" : "request";
  terminal.headline(fmt::format("{}, {} {}", outcome.scenario.group, outcome.scenario.connections,
                                is_stream ? "streams" : "connections"));
  Table table({"", fmt::format("{}s/s", unit), fmt::format("CPU us/{}", unit), "p50 us", "p99 us",
               "added p50", "added p99", is_stream ? "first us" : "", "CPU us by process",
               "failures"});
  const Load& direct = outcome.by_way.at(kDirect);
  for (const Way& way : lab.ways()) {
    const Load& load = outcome.by_way.at(way.name);
    std::string by_process;
    for (std::size_t i = 0; i < way.servers.size(); ++i) {
      by_process +=
          fmt::format("{}{} {}", i == 0 ? "" : ", ", way.servers[i].name, shown(load.cpu_us.at(i)));
    }
    table.add({std::string(way.name), fmt::format("{:.0f}", load.per_second),
               way.servers.empty() ? "" : shown(load.cpu_us_in_all()), shown(load.p50_us),
               shown(load.p99_us), shown(load.p50_us - direct.p50_us),
               shown(load.p99_us - direct.p99_us), is_stream ? shown(load.first_p50_us) : "",
               by_process, std::to_string(load.failures)});
  }
  table.show(terminal);
}

Json to_json(const Outcome& outcome, const RelayLab& lab) {
  Json::Array out;
  for (const Way& way : lab.ways()) {
    const Load& load = outcome.by_way.at(way.name);
    Json entry = Json::object();
    entry.set("way", Json::string(way.name));
    entry.set("connections", Json::number(std::uint64_t{outcome.scenario.connections}));
    entry.set("per_second", decimal(load.per_second));
    entry.set("cpu_us", decimal(load.cpu_us_in_all()));
    Json by_process = Json::object();
    for (std::size_t i = 0; i < way.servers.size(); ++i)
      by_process.set(way.servers[i].name, decimal(load.cpu_us.at(i)));
    entry.set("cpu_us_by_process", std::move(by_process));
    entry.set("p50_us", decimal(load.p50_us));
    entry.set("p99_us", decimal(load.p99_us));
    if (outcome.scenario.chunks != 0) entry.set("first_p50_us", decimal(load.first_p50_us));
    entry.set("failures", Json::number(load.failures));
    out.push_back(std::move(entry));
  }
  return Json::array(std::move(out));
}

double cpu_of(const Load& load, const Way& way, std::string_view server) {
  for (std::size_t i = 0; i < way.servers.size(); ++i) {
    if (way.servers[i].name == server) return load.cpu_us.at(i);
  }
  return 0;
}

// DESIGN §9's rows, as far as this run can say something about them.
std::vector<Target> targets_of(const std::vector<Outcome>& outcomes, const RelayLab& lab,
                               const AsymmetricCosts& asymmetric) {
  std::vector<Target> targets;
  const Way* const nginx = lab.way(kNginx);
  if (nginx == nullptr) return targets;
  const Way& cocoon = *lab.way(kCocoon);
  const auto ratio = [](double ours, double theirs) { return theirs > 0 ? ours / theirs : 0; };
  for (const Outcome& outcome : outcomes) {
    const Scenario& scenario = outcome.scenario;
    const Load& ours = outcome.by_way.at(kCocoon);
    const Load& theirs = outcome.by_way.at(kNginx);
    const double proxy = ratio(cpu_of(ours, cocoon, "proxy-1"), cpu_of(theirs, *nginx, "middle"));
    if (scenario.group == "plain") {
      const double symmetric = ours.cpu_us_in_all() - asymmetric.per_request_us(1);
      targets.push_back({fmt::format("plain, {} connections: CPU without asymmetric operations "
                                     "over nginx's",
                                     scenario.connections),
                         ratio(symmetric, theirs.cpu_us_in_all()), 1.5});
      continue;
    }
    targets.push_back({fmt::format("{}: CPU per chunk over nginx's", scenario.group),
                       ratio(ours.cpu_us_in_all(), theirs.cpu_us_in_all()), 1.0});
    targets.push_back(
        {fmt::format("{}: the proxy's CPU per frame over the middle hop's", scenario.group), proxy,
         1.0});
    if (scenario.group != "paced") continue;
    targets.push_back({"paced: p99 added to a chunk by the whole path, ms (the proxy adds less)",
                       (ours.p99_us - outcome.by_way.at(kDirect).p99_us) / 1000, 0.5});
  }
  return targets;
}

void show(const AsymmetricCosts& costs, const Terminal& terminal) {
  terminal.headline("asymmetric operations of a request with one candidate");
  Table table({"", "CPU us"});
  table.add({"wrap (client, one a candidate)", shown(costs.wrap_us)});
  table.add({"unwrap (worker)", shown(costs.unwrap_us)});
  table.add({"sign (worker: receipt, bill)", "2 x " + shown(costs.sign_us)});
  table.add({"verify (client: receipt; proxy: bill)", "2 x " + shown(costs.verify_us)});
  table.add({"in all", shown(costs.per_request_us(1))});
  table.show(terminal);
}

Json to_json(const AsymmetricCosts& costs) {
  Json out = Json::object();
  out.set("wrap_us", decimal(costs.wrap_us));
  out.set("unwrap_us", decimal(costs.unwrap_us));
  out.set("sign_us", decimal(costs.sign_us));
  out.set("verify_us", decimal(costs.verify_us));
  out.set("per_request_us", decimal(costs.per_request_us(1)));
  return out;
}

}  // namespace

Result<Json> run_relay_bench(const BenchOptions& options, Terminal& terminal) {
  TRY(const auto lab, RelayLab::open(options, terminal));
  const Pace pace = pace_of(options.effort);
  Json out = Json::object();
  out.set("rounds", Json::number(std::uint64_t{pace.rounds}));
  out.set("window_ms", Json::number(pace.window_ms));
  // Memory first: no later load has grown the processes yet.
  terminal.step("measuring memory");
  TRY(const RelayMemory memory, measure_memory(*lab, options));
  std::vector<Outcome> outcomes;
  std::map<std::string_view, Json> groups;
  for (const Scenario& scenario : scenarios_of(options.effort)) {
    terminal.step(fmt::format("measuring {} at {}", scenario.group, scenario.connections));
    TRY(Outcome outcome, measure(scenario, *lab, options));
    show(outcome, *lab, terminal);
    Json& group = groups.try_emplace(scenario.group, Json::array()).first->second;
    const Json entries = to_json(outcome, *lab);
    for (const Json& entry : *entries.as_array()) group.as_array()->push_back(entry);
    outcomes.push_back(std::move(outcome));
  }
  for (const auto& [name, group] : groups) out.set(name, group);
  TRY(const AsymmetricCosts asymmetric, measure_asymmetric(2 * pace.rounds + 1));
  show(asymmetric, terminal);
  out.set("asymmetric", to_json(asymmetric));
  show(memory, terminal);
  out.set("memory", to_json(memory));
  const std::vector<Target> targets = targets_of(outcomes, *lab, asymmetric);
  terminal.headline("targets");
  show(terminal, targets);
  out.set("targets", to_json(targets));
  return out;
}

}  // namespace cocoon::apps
