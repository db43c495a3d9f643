#include "chain/lite_servers.h"

#include <algorithm>

namespace cocoon::chain {
namespace {

constexpr std::size_t kRefusalsMax = 32;
constexpr async::Duration kHedgeAfter = std::chrono::milliseconds(1500);
constexpr async::Duration kStragglers = std::chrono::seconds(1);

}  // namespace

// One question to several servers. Attempts hold it and go on after the asker left; `over` tells
// them.
struct LiteServers::Round {
  Round(const async::Executor& executor, Bytes asked, Check checked, async::Deadline by)
      : query(std::move(asked)), check(std::move(checked)), deadline(by), changed(executor) {}
  Bytes query;
  Check check;
  async::Deadline deadline;
  async::Event changed;
  bool over = false;
  std::size_t running = 0;
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::vector<Refusal> refusals;

  // Ends the round when the asker returns or is cancelled.
  struct End {
    std::shared_ptr<Round> round;
    ~End() { round->over = true; }
  };
};

LiteServers::LiteServers(const async::Executor& executor, async::Clock& clock,
                         ports::Random& random, const std::vector<LiteServerAddress>& addresses)
    : executor_(executor), clock_(clock) {
  for (const LiteServerAddress& address : addresses) {
    servers_.push_back(std::make_shared<LiteServer>(executor, clock, random, address));
  }
}

std::vector<std::shared_ptr<LiteServer>> LiteServers::best_first() const {
  auto sorted = servers_;
  std::ranges::sort(sorted, {}, [](const auto& server) { return server->failures(); });
  return sorted;
}

async::Task<void> LiteServers::attempt(std::shared_ptr<LiteServer> server,
                                       std::shared_ptr<Round> round) {
  const Result<Bytes> answer = co_await server->query(round->query, round->deadline);
  if (!round->over) {
    Status checked =
        answer ? round->check(server->name(), *answer) : Status(std::unexpected(answer.error()));
    if (checked) {
      server->note_success();
      ++round->passed;
    } else {
      server->note_failure();
      ++round->failed;
      round->refusals.push_back({server->name(), std::move(checked).error()});
    }
  }
  --round->running;
  round->changed.notify();
}

void LiteServers::start(const std::shared_ptr<LiteServer>& server,
                        const std::shared_ptr<Round>& round) {
  ++round->running;
  async::spawn(executor_, attempt(server, round), [round](std::string_view) {
    --round->running;
    round->changed.notify();
  });
}

void LiteServers::note(const std::string& server, const Error& reason) {
  if (refusals_.size() == kRefusalsMax) refusals_.erase(refusals_.begin());
  refusals_.push_back({server, reason});
}

void LiteServers::blame(const std::string& server, const Error& reason) {
  for (const auto& known : servers_) {
    if (known->name() == server) known->note_failure();
  }
  note(server, reason);
}

async::Task<Status> LiteServers::race(Bytes query, Check check, async::Deadline deadline) {
  const auto round =
      std::make_shared<Round>(executor_, std::move(query), std::move(check), deadline);
  const Round::End end{round};
  const auto servers = best_first();
  std::size_t started = 0;
  std::size_t noted = 0;
  while (clock_.now() < deadline) {
    for (; noted < round->refusals.size(); ++noted)
      note(round->refusals[noted].server, round->refusals[noted].reason);
    if (round->passed > 0) co_return Status();
    if (started == servers.size() && round->running == 0) break;
    // Start one more whenever none is running, or those that run have been slow.
    if (started < servers.size()) {
      start(servers[started++], round);
      const async::TimePoint next = std::min(deadline, clock_.in(kHedgeAfter));
      const std::size_t failed = round->failed;
      while (round->passed == 0 && round->failed == failed && round->running > 0 &&
             clock_.now() < next) {
        co_await round->changed.wait_until(next);
      }
    } else {
      co_await round->changed.wait_until(deadline);
    }
  }
  if (round->passed > 0) co_return Status();
  if (!round->refusals.empty()) co_return std::unexpected(round->refusals.back().reason);
  co_return fail(async::AsyncError::kTimeout, "no lite-server answered in time");
}

async::Task<Status> LiteServers::poll(Bytes query, Check check, std::size_t count,
                                      async::Deadline deadline) {
  const auto round =
      std::make_shared<Round>(executor_, std::move(query), std::move(check), deadline);
  const Round::End end{round};
  const auto servers = best_first();
  async::TimePoint until = deadline;
  std::size_t started = 0;
  for (;;) {
    while (started < servers.size() && started < count + round->failed)
      start(servers[started++], round);
    if (round->running == 0 || clock_.now() >= until) break;
    if (round->passed > 0 && until == deadline) until = std::min(deadline, clock_.in(kStragglers));
    co_await round->changed.wait_until(until);
  }
  for (const Refusal& refusal : round->refusals) note(refusal.server, refusal.reason);
  if (round->passed > 0) co_return Status();
  if (!round->refusals.empty()) co_return std::unexpected(round->refusals.back().reason);
  co_return fail(async::AsyncError::kTimeout, "no lite-server answered in time");
}

}  // namespace cocoon::chain
