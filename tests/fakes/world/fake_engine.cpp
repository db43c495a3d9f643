#include "tests/fakes/world/fake_engine.h"

#include "async/race.h"
#include "codec/json.h"

namespace cocoon::fakes {
namespace {

std::string quoted(std::string_view text) { return codec::write_json(codec::Json::string(text)); }

std::string usage_json(Tokens tokens) {
  return R"({"prompt_tokens":)" + std::to_string(tokens.input) + R"(,"completion_tokens":)" +
         std::to_string(tokens.output) + R"(,"total_tokens":)" +
         std::to_string(tokens.input + tokens.output) + "}";
}

std::string chunk(std::string_view members) {
  return R"(data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",)" +
         std::string(members) + "}\n\n";
}

}  // namespace

EngineAnswer chat_stream(const std::vector<std::string>& texts, Duration interval,
                         std::string_view finish_reason, Tokens tokens) {
  if (tokens.output == 0) tokens.output = texts.size();
  EngineAnswer answer;
  for (const std::string& text : texts) {
    answer.steps.push_back({interval, chunk(R"("choices":[{"index":0,"delta":{"content":)" +
                                            quoted(text) + R"(},"finish_reason":null}])")});
  }
  answer.steps.push_back({interval, chunk(R"("choices":[{"index":0,"delta":{},"finish_reason":)" +
                                          quoted(finish_reason) + "}]")});
  answer.steps.push_back(
      {Duration::zero(), chunk(R"("choices":[],"usage":)" + usage_json(tokens))});
  answer.steps.push_back({Duration::zero(), "data: [DONE]\n\n"});
  return answer;
}

EngineAnswer chat_whole(std::string_view text, std::string_view finish_reason, Tokens tokens) {
  EngineAnswer answer;
  answer.content_type = "application/json";
  answer.steps.push_back(
      {Duration::zero(),
       R"({"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":)" +
           quoted(text) + R"(},"finish_reason":)" + quoted(finish_reason) + R"(}],"usage":)" +
           usage_json(tokens) + "}"});
  return answer;
}

EngineAnswer engine_error(int status, std::string_view message) {
  EngineAnswer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.steps.push_back({Duration::zero(), R"({"error":{"message":)" + quoted(message) +
                                                R"(,"type":"server_error","code":null}})"});
  return answer;
}

// Counts a call while it lives: cancelled unless it was told that it ended.
class FakeEngine::UnderWay {
 public:
  explicit UnderWay(std::shared_ptr<Tally> tally) : tally_(std::move(tally)) {
    ++tally_->under_way;
  }
  UnderWay(UnderWay&& other) noexcept = default;
  UnderWay& operator=(UnderWay&&) = delete;
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay() {
    if (!tally_) return;
    --tally_->under_way;
    if (!has_ended_) ++tally_->cancelled;
  }
  void end() { has_ended_ = true; }
  void count_step() { ++tally_->steps_given; }

 private:
  std::shared_ptr<Tally> tally_;
  bool has_ended_ = false;
};

class FakeEngine::Body final : public ports::BodyReader {
 public:
  Body(Simulation& simulation, EngineAnswer answer, UnderWay under_way)
      : simulation_(simulation), answer_(std::move(answer)), under_way_(std::move(under_way)) {}

  [[nodiscard]] Task<Result<Bytes>> read() override {
    if (next_ < answer_.steps.size()) {
      const EngineAnswer::Step& step = answer_.steps[next_++];
      if (step.after > Duration::zero()) co_await simulation_.clock().sleep_for(step.after);
      under_way_.count_step();
      co_return to_bytes(step.text);
    }
    switch (answer_.end) {
      case EngineAnswer::End::kOrderly:
        break;
      case EngineAnswer::End::kDies:
        under_way_.end();
        co_return fail(ports::HttpError::kBroken, "the engine died");
      case EngineAnswer::End::kHangs:
        co_await simulation_.clock().sleep_for(std::chrono::hours(24 * 365));
    }
    under_way_.end();
    co_return Bytes();
  }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return trailers_; }

 private:
  Simulation& simulation_;
  EngineAnswer answer_;
  UnderWay under_way_;
  std::size_t next_ = 0;
  ports::HttpFields trailers_;
};

void FakeEngine::answer_with(EngineAnswer answer) {
  script_ = [answer = std::move(answer)](const Call&) { return answer; };
}

Task<Result<ports::HttpResponse>> FakeEngine::call(std::string, std::string path, Bytes body,
                                                   ports::Deadline head_by) {
  if (state_ != ports::EngineState::kReady)
    co_return fail(ports::EngineError::kDown, "the engine is down");
  tally_->calls.push_back({std::move(path), std::string(as_text(body))});
  UnderWay under_way(tally_);
  EngineAnswer answer = script_(tally_->calls.back());
  VirtualClock& clock = simulation_.clock();
  if (answer.head_after > Duration::zero())
    co_await clock.sleep_until(std::min(clock.in(answer.head_after), head_by));
  if (clock.now() >= head_by)
    co_return fail(async::AsyncError::kTimeout, "the engine does not begin");
  ports::HttpResponse response{
      .status = answer.status, .headers = {{"content-type", answer.content_type}}, .body = {}};
  response.body = std::make_unique<Body>(simulation_, std::move(answer), std::move(under_way));
  co_return response;
}

}  // namespace cocoon::fakes
