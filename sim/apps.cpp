#include "sim/apps.h"

#include "async/race.h"
#include "sim/engine.h"

namespace cocoon::sim {

using namespace std::chrono_literals;

namespace {

// Longer than anything on the way may take; whoever has no answer by then has been forgotten.
constexpr Duration kPatience = 4min;

// A body that takes its time.
class SlowBody final : public ports::BodyReader {
 public:
  SlowBody(async::Clock& clock, Bytes bytes, Duration over)
      : clock_(clock), bytes_(std::move(bytes)), over_(over) {}
  [[nodiscard]] Task<Result<Bytes>> read() override {
    if (bytes_.empty()) co_return Bytes();
    if (over_ > Duration::zero()) co_await clock_.sleep_for(over_ / 2);
    const std::size_t half = (bytes_.size() + 1) / 2;
    Bytes piece =
        to_bytes(BytesView(bytes_).first(over_ > Duration::zero() ? half : bytes_.size()));
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(piece.size()));
    co_return piece;
  }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return none_; }

 private:
  async::Clock& clock_;
  Bytes bytes_;
  Duration over_;
  ports::HttpFields none_;
};

struct Seen {
  Outcome outcome{.end = Outcome::End::kError, .request_id = {}, .kid = {}};
  std::string how;
  std::string wrong;  // what no app should ever see
};

// Judges what arrived up to the orderly end of a 200.
void judge(std::uint64_t question, const std::string& text, Seen& seen) {
  const std::string right = right_text(question, is_streamed(question));
  if (text == right) {
    seen.outcome.end = Outcome::End::kAnswered;
    seen.how = "answered";
    return;
  }
  const auto error = text.find("data: {\"error\"");
  if (is_streamed(question) && error != std::string::npos &&
      right.starts_with(text.substr(0, error))) {
    seen.how = "error event";
    return;
  }
  seen.wrong = "is answered wrongly or short, without an error";
}

Task<Result<Seen>> converse(std::shared_ptr<Connection> to_client, async::Clock& clock,
                            std::uint64_t question, Habits habits) {
  Seen seen;
  const std::string right = right_text(question, is_streamed(question));
  auto response = co_await to_client->send(
      {.method = "POST",
       .path = "/v1/chat/completions",
       .headers = {{"host", "localhost"}, {"content-type", "application/json"}},
       .body = std::make_unique<SlowBody>(
           clock, to_bytes(question_body(question, is_streamed(question))), habits.writes_over)},
      clock.in(kPatience));
  if (!response) {
    seen.how = "no answer: " + response.error().message();
    if (response.error().is(async::AsyncError::kTimeout)) seen.wrong = "is never answered";
    co_return seen;
  }
  std::string text;
  for (;;) {
    if (habits.reads_every > Duration::zero()) co_await clock.sleep_for(habits.reads_every);
    auto chunk = co_await response->body->read();
    if (!chunk) {
      // What broke off may be short, and never wrong.
      const auto error = text.find("data: {\"error\"");
      if (response->status == 200 && !right.starts_with(text.substr(0, error)))
        seen.wrong = "is shown what its answer does not say";
      seen.how = "broken off";
      co_return seen;
    }
    if (chunk->empty()) break;
    text += as_text(*chunk);
  }
  seen.outcome.request_id = ports::find_field(response->headers, "x-cocoon-receipt");
  seen.outcome.kid = ports::find_field(response->headers, "x-cocoon-kid");
  if (response->status == 200) {
    judge(question, text, seen);
  } else {
    seen.how = "status " + std::to_string(response->status);
    if (response->status < 400 || text.find("\"error\"") == std::string::npos)
      seen.wrong = "is answered with " + seen.how + " and no error";
  }
  co_return seen;
}

}  // namespace

Task<void> ask(std::shared_ptr<Connection> to_client, Ledger& ledger, Trace& trace,
               async::Clock& clock, std::uint64_t question, Habits habits) {
  ledger.asked(question);
  const Duration at_most = habits.leaves_after.value_or(2 * kPatience);
  auto seen = co_await async::with_deadline(clock, clock.in(at_most),
                                            converse(to_client, clock, question, habits));
  to_client->leave(to_client->asker());
  const std::string name = "app-" + std::to_string(question);
  if (!seen) {
    trace.note(name, "leaves");
    if (!habits.leaves_after) ledger.broken("question " + std::to_string(question) + " never ends");
    ledger.ended(question, {.end = Outcome::End::kAborted, .request_id = {}, .kid = {}});
    co_return;
  }
  trace.note(name, seen->wrong.empty() ? seen->how : seen->wrong);
  if (!seen->wrong.empty())
    ledger.broken("question " + std::to_string(question) + " " + seen->wrong);
  ledger.ended(question, std::move(seen->outcome));
}

}  // namespace cocoon::sim
