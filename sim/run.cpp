#include "sim/run.h"

#include "sim/faults.h"
#include "sim/stage.h"

namespace cocoon::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration kHarmLasts = 40s;
// Every wait on the way has a deadline; their sum over all retries stays below this.
constexpr Duration kEndsWithin = 5min;

Habits draw_habits(Stage& stage) {
  Habits habits;
  const auto ms = [&](std::uint64_t max) { return std::chrono::milliseconds(stage.below(max)); };
  switch (stage.below(8)) {
    case 0:
      habits.leaves_after = ms(6000);
      break;
    case 1:
      habits.reads_every = ms(1500);
      break;
    case 2:
      habits.writes_over = ms(4000);
      break;
    default:
      break;
  }
  return habits;
}

// Questions come alone, in a steady trickle, or in bursts that no worker has places for.
Task<void> ask_much(Stage& stage, async::TimePoint until) {
  const std::uint64_t pause_ms = 200 + stage.below(2000);
  while (stage.world().clock().now() < until) {
    const std::uint64_t burst = stage.below(12) == 0 ? 8 + stage.below(16) : 1;
    for (std::uint64_t i = 0; i < burst; ++i)
      (void)stage.ask(stage.below(Stage::kClients), draw_habits(stage));
    co_await stage.world().clock().sleep_for(std::chrono::milliseconds(stage.below(2 * pause_ms)));
  }
}

bool is_answered(Stage& stage, std::uint64_t question) {
  const auto outcome = stage.ledger().outcomes().find(question);
  return outcome != stage.ledger().outcomes().end() &&
         outcome->second.end == Outcome::End::kAnswered;
}

// Each client asks once a second until it is answered; then every question must be.
void check_recovery(Stage& stage, std::size_t client) {
  const async::TimePoint by = stage.world().clock().now() + kRecovery;
  for (;;) {
    const auto question = stage.ask(client, {});
    stage.simulation().advance(1s);
    if (question && is_answered(stage, *question)) break;
    if (stage.world().clock().now() < by) continue;
    return stage.ledger().broken("client-" + std::to_string(client) +
                                 " gets no answer within a minute of peace");
  }
  for (int i = 0; i < 3; ++i) {
    const auto question = stage.ask(client, {});
    const bool is_over = stage.simulation().run_until(
        [&] { return !stage.ledger().open().contains(*question); }, 1min);
    if (!is_over || !is_answered(stage, *question))
      stage.ledger().broken("question " + std::to_string(*question) + " fails in peace");
  }
}

void end_everything(Stage& stage) {
  const bool is_over =
      stage.simulation().run_until([&] { return stage.ledger().open().empty(); }, kEndsWithin);
  if (!is_over) {
    for (const std::uint64_t question : stage.ledger().open())
      stage.ledger().broken("question " + std::to_string(question) + " never ends");
  }
  // Copies that a hostile proxy sent and polls that were under way come to an end.
  stage.simulation().advance(1min);
}

}  // namespace

Report run(std::uint64_t seed, Defect defect) {
  Stage stage(seed, defect);
  const async::TimePoint until = stage.world().clock().now() + kHarmLasts;
  stage.simulation().spawn(ask_much(stage, until));
  stage.simulation().spawn(do_harm(stage, until));
  stage.simulation().advance(kHarmLasts);
  stage.make_peace();
  // What was broken and waits to be mended in its own time comes to nothing.
  stage.simulation().advance(1s);
  for (std::size_t i = 0; i < Stage::kClients; ++i) check_recovery(stage, i);
  end_everything(stage);
  stage.check_books();
  stage.check_leaks();
  for (const std::string& crash : stage.simulation().crashes())
    stage.ledger().broken("an exception left a coroutine: " + crash);

  Report report;
  for (const auto& [question, outcome] : stage.ledger().outcomes()) {
    switch (outcome.end) {
      case Outcome::End::kAnswered:
        ++report.answered;
        break;
      case Outcome::End::kError:
        ++report.failed;
        break;
      case Outcome::End::kAborted:
        ++report.aborted;
        break;
    }
  }
  report.violations = stage.ledger().violations();
  report.trace = stage.trace().lines();
  report.digest = stage.trace().digest();
  return report;
}

}  // namespace cocoon::sim
