#include "chain/lite_servers.h"

#include <algorithm>

#include "async/offload.h"

namespace cocoon::chain {
namespace {

constexpr std::size_t kRefusalsMax = 32;
constexpr async::Duration kHedgeAfter = std::chrono::milliseconds(1500);
constexpr async::Duration kStragglers = std::chrono::seconds(1);

}  // namespace

// One question to several servers. Attempts hold it and go on after the asker left; `over` tells
// them.
struct LiteServers::Round {
  Round(const async::Executor& executor, async::Executor checks, Bytes asked, UntypedCheck checked,
        async::Deadline by)
      : checking(std::move(checks)),
        query(std::move(asked)),
        check(std::move(checked)),
        deadline(by),
        changed(executor) {}
  async::Executor checking;
  Bytes query;
  UntypedCheck check;
  async::Deadline deadline;
  async::Event changed;
  bool over = false;
  std::vector<std::shared_ptr<LiteServer>> running;
  std::vector<Answered<Found>> passed;
  std::vector<Refusal> refusals;

  [[nodiscard]] Error why_none() const {
    if (!refusals.empty()) return refusals.back().reason;
    return {async::AsyncError::kTimeout, "no lite-server answered in time"};
  }

  void ended(const std::shared_ptr<LiteServer>& server) {
    std::erase(running, server);
    changed.notify();
  }

  // Ends the round when the asker returns or is cancelled.
  struct End {
    std::shared_ptr<Round> round;
    ~End() { round->over = true; }
  };
};

LiteServers::LiteServers(const async::Executor& executor, async::Executor checking,
                         async::Clock& clock, ports::Random& random,
                         const std::vector<LiteServerAddress>& addresses)
    : executor_(executor), checking_(std::move(checking)), clock_(clock) {
  for (const LiteServerAddress& address : addresses) {
    servers_.push_back(std::make_shared<LiteServer>(executor, clock, random, address));
  }
}

std::vector<std::shared_ptr<LiteServer>> LiteServers::best_first() const {
  auto sorted = servers_;
  std::ranges::sort(sorted, {}, [](const auto& server) { return server->failures(); });
  return sorted;
}

std::size_t LiteServers::live() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(servers_, [](const auto& server) { return server->is_connected(); }));
}

async::Task<void> LiteServers::attempt(std::shared_ptr<LiteServer> server,
                                       std::shared_ptr<Round> round) {
  const Result<Bytes> answer = co_await server->query(round->query, round->deadline);
  Result<Found> checked = std::unexpected(answer ? round->why_none() : answer.error());
  if (answer && !round->over) {
    checked = co_await async::run_on<Result<Found>>(
        round->checking, [round, answer] { return round->check(*answer); });
  }
  if (!round->over) {
    if (checked) {
      server->note_success();
      round->passed.push_back({server->name(), *std::move(checked)});
    } else {
      server->note_failure();
      round->refusals.push_back({server->name(), std::move(checked).error()});
    }
  }
  round->ended(server);
}

void LiteServers::start(const std::shared_ptr<LiteServer>& server,
                        const std::shared_ptr<Round>& round) {
  round->running.push_back(server);
  async::spawn(executor_, attempt(server, round),
               [round, server](std::string_view) { round->ended(server); });
}

void LiteServers::note(const std::string& server, const Error& reason) {
  if (refusals_.size() == kRefusalsMax) refusals_.erase(refusals_.begin());
  refusals_.push_back({server, reason});
}

void LiteServers::note_slow(const std::vector<std::shared_ptr<LiteServer>>& servers) {
  for (const auto& server : servers) {
    server->note_failure();
    note(server->name(), {async::AsyncError::kTimeout, "slow: no answer yet, others are asked"});
  }
}

void LiteServers::blame(const std::string& server, const Error& reason) {
  for (const auto& known : servers_) {
    if (known->name() == server) known->note_failure();
  }
  note(server, reason);
}

async::Task<Result<std::vector<Answered<LiteServers::Found>>>> LiteServers::ask_in_turn(
    Bytes query, UntypedCheck check, async::Deadline deadline) {
  const auto round =
      std::make_shared<Round>(executor_, checking_, std::move(query), std::move(check), deadline);
  const Round::End end{round};
  const auto servers = best_first();
  std::size_t started = 0;
  std::size_t noted = 0;
  while (clock_.now() < deadline) {
    for (; noted < round->refusals.size(); ++noted)
      note(round->refusals[noted].server, round->refusals[noted].reason);
    if (!round->passed.empty()) co_return round->passed;
    if (started == servers.size() && round->running.empty()) break;
    // Start one more whenever none is running, or those that run have been slow.
    if (started < servers.size()) {
      start(servers[started++], round);
      const async::TimePoint next = std::min(deadline, clock_.in(kHedgeAfter));
      const std::size_t failed = round->refusals.size();
      while (round->passed.empty() && round->refusals.size() == failed && !round->running.empty() &&
             clock_.now() < next) {
        co_await round->changed.wait_until(next);
      }
      if (round->passed.empty() && round->refusals.size() == failed) note_slow(round->running);
    } else {
      co_await round->changed.wait_until(deadline);
    }
  }
  if (!round->passed.empty()) co_return round->passed;
  co_return std::unexpected(round->why_none());
}

async::Task<Result<std::vector<Answered<LiteServers::Found>>>> LiteServers::ask_together(
    Bytes query, UntypedCheck check, std::size_t count, async::Deadline deadline) {
  const auto round =
      std::make_shared<Round>(executor_, checking_, std::move(query), std::move(check), deadline);
  const Round::End end{round};
  const auto servers = best_first();
  async::TimePoint until = deadline;
  std::size_t started = 0;
  for (;;) {
    while (started < servers.size() && started < count + round->refusals.size())
      start(servers[started++], round);
    if (round->running.empty() || clock_.now() >= until) break;
    if (!round->passed.empty() && until == deadline)
      until = std::min(deadline, clock_.in(kStragglers));
    co_await round->changed.wait_until(until);
  }
  for (const Refusal& refusal : round->refusals) note(refusal.server, refusal.reason);
  if (!round->passed.empty()) note_slow(round->running);
  if (!round->passed.empty()) co_return round->passed;
  co_return std::unexpected(round->why_none());
}

}  // namespace cocoon::chain
