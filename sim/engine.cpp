#include "sim/engine.h"

#include <charconv>

#include "async/race.h"

namespace cocoon::sim {
namespace {

using namespace std::chrono_literals;
using fakes::EngineAnswer;

constexpr std::string_view kMark = "question ";

// Spreads the numbers of questions over lengths and speeds.
std::uint64_t draw_of(std::uint64_t number) {
  fakes::SeededRandom random(number);
  return random.next();
}

std::vector<std::string> texts_of(std::uint64_t number) {
  std::vector<std::string> texts;
  const std::uint64_t count = 1 + draw_of(number) % 24;
  for (std::uint64_t i = 0; i < count; ++i)
    texts.push_back("part " + std::to_string(i) + " of answer " + std::to_string(number) + "; ");
  return texts;
}

std::uint64_t number_in(std::string_view body) {
  const auto at = body.find(kMark);
  std::uint64_t number = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = body.substr(at + kMark.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
  }
  return number;
}

}  // namespace

std::string question_body(std::uint64_t number, bool is_stream) {
  return R"({"model":"test-model","messages":[{"role":"user","content":")" + std::string(kMark) +
         std::to_string(number) + R"("}],"stream":)" + (is_stream ? "true}" : "false}");
}

fakes::Tokens right_tokens(std::uint64_t number, bool is_stream) {
  const std::uint64_t output = is_stream ? texts_of(number).size() : 1 + draw_of(number) % 200;
  return {.input = 5 + number % 900, .output = output};
}

EngineAnswer right_answer(std::uint64_t number, bool is_stream) {
  const Duration pace = std::chrono::milliseconds(draw_of(number) / 64 % 200);
  const fakes::Tokens tokens = right_tokens(number, is_stream);
  if (is_stream) return fakes::chat_stream(texts_of(number), pace, "stop", tokens);
  EngineAnswer answer = fakes::chat_whole("whole answer " + std::to_string(number), "stop", tokens);
  answer.head_after = pace;
  return answer;
}

std::string right_text(std::uint64_t number, bool is_stream) {
  std::string all;
  for (const EngineAnswer::Step& step : right_answer(number, is_stream).steps) {
    const bool is_usage =
        is_stream && step.text.find(R"("choices":[],"usage")") != std::string::npos;
    if (!is_usage) all += step.text;
  }
  return all;
}

SimEngine::SimEngine(fakes::Simulation& simulation, fakes::SeededRandom& random,
                     const async::Executor& executor, std::uint32_t failures_permille)
    : inner_(simulation),
      random_(random),
      failures_permille_(failures_permille),
      life_(std::make_shared<Life>(executor)) {
  inner_.answer_by([this](const fakes::FakeEngine::Call& call) { return answer(call); });
}

EngineAnswer SimEngine::answer(const fakes::FakeEngine::Call& call) {
  const std::uint64_t number = number_in(call.body);
  const bool is_stream = call.body.find(R"("stream":true)") != std::string::npos;
  EngineAnswer answer = right_answer(number, is_stream);
  if (random_.below(1000) >= failures_permille_) return answer;
  const std::size_t kept = random_.below(answer.steps.size());
  switch (random_.below(5)) {
    case 0:
      return fakes::engine_error(500, "out of memory");
    case 1:
      answer.head_after = 1h;
      return answer;
    case 2:
      answer.end = EngineAnswer::End::kDies;
      break;
    case 3:
      answer.end = EngineAnswer::End::kHangs;
      break;
    default:
      break;  // ends in good order, too early
  }
  answer.steps.resize(kept);
  return answer;
}

class SimEngine::Body final : public ports::BodyReader {
 public:
  Body(std::shared_ptr<Life> life, std::uint64_t number, std::unique_ptr<BodyReader> inner)
      : life_(std::move(life)), number_(number), inner_(std::move(inner)) {}
  [[nodiscard]] Task<Result<Bytes>> read() override {
    auto chunk = co_await async::unless(wait_death(life_, number_), inner_->read());
    if (!chunk && chunk.error().is(async::AsyncError::kCancelled))
      co_return fail(ports::HttpError::kBroken, "the engine died");
    co_return chunk;
  }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return inner_->trailers(); }

 private:
  std::shared_ptr<Life> life_;
  std::uint64_t number_;
  std::unique_ptr<BodyReader> inner_;
};

Task<void> SimEngine::wait_death(std::shared_ptr<Life> life, std::uint64_t number) {
  while (life->number == number) co_await life->changed.wait();
}

Task<Result<ports::HttpResponse>> SimEngine::call(std::string method, std::string path, Bytes body,
                                                  ports::Deadline head_by) {
  const std::uint64_t number = life_->number;
  auto response = co_await async::unless(
      wait_death(life_, number),
      inner_.call(std::move(method), std::move(path), std::move(body), head_by));
  if (!response && response.error().is(async::AsyncError::kCancelled))
    co_return fail(ports::EngineError::kBroken, "the engine died");
  if (response) response->body = std::make_unique<Body>(life_, number, std::move(response->body));
  co_return response;
}

void SimEngine::die() {
  inner_.set_state(ports::EngineState::kRestarting);
  ++life_->number;
  life_->changed.notify();
}

}  // namespace cocoon::sim
