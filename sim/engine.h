#pragma once

#include <cstdint>
#include <string>

#include "async/event.h"
#include "sim/trace.h"
#include "tests/fakes/world/fake_engine.h"
#include "tests/fakes/world/recorders.h"

namespace cocoon::sim {

// The question number `number` in words, as an app asks it.
[[nodiscard]] std::string question_body(std::uint64_t number, bool is_stream);
// How an engine answers it when nothing goes wrong: the same wherever it runs.
[[nodiscard]] fakes::EngineAnswer right_answer(std::uint64_t number, bool is_stream);
// All that an app gets to see of it.
[[nodiscard]] std::string right_text(std::uint64_t number, bool is_stream);
// The usage that the engine reports for it.
[[nodiscard]] fakes::Tokens right_tokens(std::uint64_t number, bool is_stream);

// An engine that sometimes fails on its own, and that can be killed and started again. Calls that
// were under way then break off.
class SimEngine final : public ports::Engine {
 public:
  SimEngine(fakes::Simulation& simulation, fakes::SeededRandom& random,
            const async::Executor& executor, std::uint32_t failures_permille);

  [[nodiscard]] ports::EngineState state() const override { return inner_.state(); }
  [[nodiscard]] ports::EngineLoad load() const override { return inner_.load(); }
  [[nodiscard]] Task<Result<ports::HttpResponse>> call(std::string method, std::string path,
                                                       Bytes body,
                                                       ports::Deadline head_by) override;
  void die();
  void start() { inner_.set_state(ports::EngineState::kReady); }
  void be_reliable() { failures_permille_ = 0; }
  [[nodiscard]] std::size_t under_way() const { return inner_.under_way(); }
  [[nodiscard]] std::size_t calls() const { return inner_.calls().size(); }

 private:
  class Body;
  struct Life {
    explicit Life(const async::Executor& executor) : changed(executor) {}
    std::uint64_t number = 0;
    async::Event changed;
  };
  [[nodiscard]] static Task<void> wait_death(std::shared_ptr<Life> life, std::uint64_t number);
  [[nodiscard]] fakes::EngineAnswer answer(const fakes::FakeEngine::Call& call);

  fakes::FakeEngine inner_;
  fakes::SeededRandom& random_;
  std::uint32_t failures_permille_;
  std::shared_ptr<Life> life_;
};

}  // namespace cocoon::sim
