#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ports/engine.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::fakes {

// What an engine gives for one call.
struct EngineAnswer {
  struct Step {
    Duration after{0};
    std::string text;
  };
  enum class End : std::uint8_t { kOrderly, kDies, kHangs };

  int status = 200;
  std::string content_type = "text/event-stream";
  Duration head_after{0};
  std::vector<Step> steps;
  End end = End::kOrderly;
};

struct Tokens {
  std::uint64_t input = 7;
  std::uint64_t output = 0;  // 0: one for each piece of text
};
// Chat completion events, one for each piece of text, then the finish reason, the usage chunk and
// [DONE].
[[nodiscard]] EngineAnswer chat_stream(const std::vector<std::string>& texts,
                                       Duration interval = Duration::zero(),
                                       std::string_view finish_reason = "stop", Tokens tokens = {});
// One JSON chat completion.
[[nodiscard]] EngineAnswer chat_whole(std::string_view text,
                                      std::string_view finish_reason = "stop",
                                      Tokens tokens = {.input = 7, .output = 3});
[[nodiscard]] EngineAnswer engine_error(int status, std::string_view message);

class FakeEngine final : public ports::Engine {
 public:
  struct Call {
    std::string path;
    std::string body;
  };
  using Script = std::function<EngineAnswer(const Call&)>;

  explicit FakeEngine(Simulation& simulation, EngineAnswer answer = chat_stream({"Paris"}))
      : simulation_(simulation), tally_(std::make_shared<Tally>()) {
    answer_with(std::move(answer));
  }

  [[nodiscard]] ports::EngineState state() const override { return state_; }
  [[nodiscard]] ports::EngineLoad load() const override { return load_; }
  [[nodiscard]] Task<Result<ports::HttpResponse>> call(std::string method, std::string path,
                                                       Bytes body,
                                                       ports::Deadline head_by) override;

  void answer_with(EngineAnswer answer);
  void answer_by(Script script) { script_ = std::move(script); }
  void set_state(ports::EngineState state) { state_ = state; }
  void set_load(ports::EngineLoad load) { load_ = load; }

  [[nodiscard]] const std::vector<Call>& calls() const { return tally_->calls; }
  [[nodiscard]] std::size_t under_way() const { return tally_->under_way; }
  [[nodiscard]] std::size_t steps_given() const { return tally_->steps_given; }
  // Calls that were dropped before their answer's end.
  [[nodiscard]] std::size_t cancelled() const { return tally_->cancelled; }

 private:
  struct Tally {
    std::vector<Call> calls;
    std::size_t under_way = 0;
    std::size_t steps_given = 0;
    std::size_t cancelled = 0;
  };
  class Body;
  class UnderWay;

  Simulation& simulation_;
  std::shared_ptr<Tally> tally_;
  ports::EngineState state_ = ports::EngineState::kReady;
  ports::EngineLoad load_;
  Script script_;
};

}  // namespace cocoon::fakes
