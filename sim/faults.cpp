#include "sim/faults.h"

#include <array>
#include <functional>

namespace cocoon::sim {

using namespace std::chrono_literals;

namespace {

enum class Harm : std::uint8_t {
  kProxyCrash,
  kWorkerCrash,
  kClientCrash,
  kEngineCrash,
  kWorkerDrain,
  kPartition,
  kTornConnection,
  kChainSilent,
  kChainStuck,
  kNoQuotes,
  kClockJump,
  kWeather,
};
constexpr std::size_t kHarms = 12;

Task<void> later(Stage& stage, Duration after, std::function<void()> mend) {
  co_await stage.world().clock().sleep_for(after);
  mend();
}

Duration some(Stage& stage, std::uint64_t ms_max) {
  return std::chrono::milliseconds(50 + stage.below(ms_max));
}

std::string any_program(Stage& stage, std::string_view kind, std::size_t count) {
  return std::string(kind) + "-" + std::to_string(stage.below(count));
}

void crash(Stage& stage, Harm harm) {
  const auto mend = [&stage](auto start, std::uint64_t ms_max) {
    stage.simulation().spawn(later(stage, some(stage, ms_max), start));
  };
  if (harm == Harm::kProxyCrash) {
    const std::size_t which = stage.below(Stage::kProxies);
    stage.trace().note("proxy-" + std::to_string(which), "dies");
    stage.stop_proxy(which);
    mend([&stage, which] { stage.start_proxy(which); }, 8000);
  } else if (harm == Harm::kWorkerCrash) {
    const std::size_t which = stage.below(Stage::kWorkers);
    stage.trace().note("worker-" + std::to_string(which), "dies");
    stage.stop_worker(which);
    mend([&stage, which] { stage.start_worker(which); }, 12'000);
  } else {
    const std::size_t which = stage.below(Stage::kClients);
    stage.trace().note("client-" + std::to_string(which), "dies");
    stage.stop_client(which);
    mend([&stage, which] { stage.start_client(which); }, 5000);
  }
}

void crash_engine(Stage& stage) {
  const std::size_t which = stage.below(Stage::kWorkers);
  WorkerProgram* const worker = stage.worker(which);
  if (worker == nullptr) return;
  stage.trace().note("worker-" + std::to_string(which), "loses its engine");
  worker->engine().die();
  stage.simulation().spawn(later(stage, some(stage, 6000), [&stage, which] {
    if (WorkerProgram* const now = stage.worker(which)) now->engine().start();
  }));
}

void drain_worker(Stage& stage) {
  const std::size_t which = stage.below(Stage::kWorkers);
  WorkerProgram* const worker = stage.worker(which);
  if (worker == nullptr) return;
  stage.trace().note("worker-" + std::to_string(which), "drains");
  worker->drain(5s);
  stage.simulation().spawn(later(stage, 6s, [&stage, which] {
    // Unless it died meanwhile and another one took its place.
    if (stage.worker(which) != nullptr && stage.worker(which)->is_draining())
      stage.stop_worker(which);
    stage.start_worker(which);
  }));
}

void part(Stage& stage) {
  const std::string proxy = any_program(stage, "proxy", Stage::kProxies);
  const std::string other = stage.below(2) == 0 ? any_program(stage, "client", Stage::kClients)
                                                : any_program(stage, "worker", Stage::kWorkers);
  stage.fabric().part(proxy, other);
  stage.simulation().spawn(later(stage, some(stage, stage.below(2) == 0 ? 3000 : 40'000),
                                 [&stage, proxy, other] { stage.fabric().heal(proxy, other); }));
}

void stop_chain(Stage& stage, fakes::FakeChainHead::Server how) {
  stage.trace().note("chain", "stops");
  stage.world().chain.set_server(how);
  stage.simulation().spawn(later(stage, some(stage, 20'000), [&stage] {
    stage.trace().note("chain", "goes on");
    stage.world().chain.set_server(fakes::FakeChainHead::Server::kAnswers);
  }));
}

void stop_quotes(Stage& stage) {
  const std::size_t which = stage.below(Stage::kWorkers);
  stage.trace().note("worker-" + std::to_string(which), "gets no quotes");
  stage.hardware(which).set_hardware(fakes::FakeQuoteSource::Hardware::kFails);
  stage.simulation().spawn(later(stage, some(stage, 20'000), [&stage, which] {
    stage.hardware(which).set_hardware(fakes::FakeQuoteSource::Hardware::kWorks);
  }));
}

void jump_clock(Stage& stage) {
  const auto by = std::chrono::seconds(static_cast<std::int64_t>(stage.below(7200)) - 3600);
  stage.trace().note("world", "a wall clock jumps");
  const std::size_t which = stage.below(Stage::kWorkers);
  if (stage.below(2) == 0 && stage.worker(which) != nullptr) {
    stage.worker(which)->clock().jump_wall(by);
  } else if (stage.client(which % Stage::kClients) != nullptr) {
    stage.client(which % Stage::kClients)->clock().jump_wall(by);
  }
}

void change_weather(Stage& stage) {
  constexpr std::array<std::uint64_t, 4> kLatencyMs{0, 5, 60, 400};
  const std::uint64_t ms = kLatencyMs[stage.below(kLatencyMs.size())];
  stage.trace().note("network", "is " + std::to_string(ms) + " ms slow from now on");
  stage.fabric().set_conditions({.latency = std::chrono::milliseconds(ms) + 100us,
                                 .jitter = std::chrono::milliseconds(ms),
                                 .pieces_max = static_cast<std::uint32_t>(1 + stage.below(8)),
                                 .refusals_permille = static_cast<std::uint32_t>(stage.below(60)),
                                 .window_bytes = std::size_t{1} << (9 + stage.below(8))});
}

void harm_once(Stage& stage) {
  const auto harm = static_cast<Harm>(stage.below(kHarms));
  switch (harm) {
    case Harm::kProxyCrash:
    case Harm::kWorkerCrash:
    case Harm::kClientCrash:
      return crash(stage, harm);
    case Harm::kEngineCrash:
      return crash_engine(stage);
    case Harm::kWorkerDrain:
      return drain_worker(stage);
    case Harm::kPartition:
      return part(stage);
    case Harm::kTornConnection:
      return stage.fabric().tear_one();
    case Harm::kChainSilent:
      return stop_chain(stage, fakes::FakeChainHead::Server::kSilent);
    case Harm::kChainStuck:
      return stop_chain(stage, fakes::FakeChainHead::Server::kStuck);
    case Harm::kNoQuotes:
      return stop_quotes(stage);
    case Harm::kClockJump:
      return jump_clock(stage);
    case Harm::kWeather:
      return change_weather(stage);
  }
}

}  // namespace

Task<void> do_harm(Stage& stage, async::TimePoint until) {
  // Some runs see a fault a second, others one in ten.
  const std::uint64_t pause_ms = 500 + stage.below(9000);
  for (;;) {
    co_await stage.world().clock().sleep_for(some(stage, 2 * pause_ms));
    if (stage.world().clock().now() >= until) co_return;
    harm_once(stage);
  }
}

}  // namespace cocoon::sim
