#include "engine/supervised_engine.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "async/task.h"
#include "codec/json.h"
#include "engine/external_engine.h"
#include "tests/support/engine_world.h"

using namespace cocoon;
using namespace cocoon::engine;
using namespace std::chrono_literals;
using async::Task;
using cocoon::testing::EngineWorld;
using ports::EngineError;
using ports::EngineState;

namespace {

SupervisorOptions quick() {
  return {.start_max = 5s,
          .start_poll = 10ms,
          .health_interval = 20ms,
          .health_max = 1s,
          .health_failures_max = 3,
          .backoff_min = 20ms,
          .backoff_max = 200ms,
          .steady_after = 10s,
          .failures_until_given_up = 4,
          .stop_grace = 500ms};
}

Command fake_command(const EngineWorld& world, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"--host", world.socket()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return {
      .program = COCOON_FAKE_ENGINE, .arguments = std::move(arguments), .environment = {"MARK=1"}};
}

std::unique_ptr<SupervisedEngine> make_engine(EngineWorld& world, Command command,
                                              SupervisorOptions options = quick()) {
  return std::make_unique<SupervisedEngine>(
      SupervisedEngine::World{world.loop.get_executor(), *world.clock, world.logger, world.metrics},
      std::move(command), world.socket(), world.client(), options);
}

Task<Result<std::string>> ask(ports::Engine& engine, async::Clock& clock, std::string body) {
  CO_TRY(const auto response,
         co_await engine.call("POST", "/v1/chat/completions", to_bytes(body), clock.in(60s)));
  CO_TRY(const Bytes answer, co_await ports::read_all(*response.body, 1U << 20U));
  co_return std::string(as_text(answer));
}

Task<Status> until_restarted(SupervisedEngine& engine, async::Clock& clock,
                             std::uint32_t restarts) {
  for (const auto by = clock.in(10s);
       engine.restarts() < restarts || engine.state() != EngineState::kReady;) {
    if (clock.now() > by) co_return fail(async::AsyncError::kTimeout, "not restarted");
    co_await clock.sleep_for(5ms);
  }
  co_return Status{};
}

Task<void> until(ExternalEngine& engine, async::Clock& clock, EngineState state) {
  for (const auto by = clock.in(60s); engine.state() != state && clock.now() < by;) {
    co_await clock.sleep_for(5ms);
  }
  CHECK_EQ(engine.state(), state);
}

// Until the engine's own metrics, read every so often, say that nothing runs.
Task<void> until_idle(ports::Engine& engine, async::Clock& clock) {
  for (const auto by = clock.in(60s); engine.load().requests_running != 0U && clock.now() < by;) {
    co_await clock.sleep_for(5ms);
  }
  CHECK_EQ(engine.load().requests_running, 0U);
}

bool is_alive(int pid) { return ::kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("starts an engine, answers through it, reads its load and stops it") {
  EngineWorld world;
  auto engine = make_engine(world, fake_command(world, {"--loading-ms", "100"}));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    CHECK_EQ(e.state(), EngineState::kStarting);
    CHECK((co_await ask(e, *w.clock, "{}")).error().is(EngineError::kDown));
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    CHECK_EQ(w.metrics.gauge(ports::Gauge::kEngineReady), 1);
    const int pid = e.child_pid();
    CHECK(is_alive(pid));
    const auto answer = co_await ask(e, *w.clock, R"({"metadata":{"fake":{"tokens":2}}})");
    REQUIRE(answer.has_value());
    CHECK_NE(answer->find("tok0 tok1"), std::string::npos);
    co_await until_idle(e, *w.clock);
    CHECK_EQ(e.load().requests_waiting, 0U);
    CHECK_FALSE(e.load().cache_used_permille.has_value());
    co_await e.stop();
    CHECK_FALSE(is_alive(pid));
    CHECK_EQ(e.child_pid(), 0);
    CHECK_NE(e.state(), EngineState::kReady);
    CHECK_EQ(w.metrics.gauge(ports::Gauge::kEngineReady), 0);
    CHECK((co_await ask(e, *w.clock, "{}")).error().is(EngineError::kDown));
  };
  world.run(body(world, *engine));
}

TEST_CASE("a killed engine is noticed at once and started again with growing pauses") {
  EngineWorld world;
  auto engine = make_engine(world, fake_command(world));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    for (std::uint32_t round = 1; round <= 2; ++round) {
      const int pid = e.child_pid();
      const auto killed = w.clock->now();
      ::kill(pid, SIGKILL);
      while (e.state() == EngineState::kReady) co_await w.clock->sleep_for(1ms);
      CHECK_EQ(e.state(), EngineState::kRestarting);
      CHECK_LT(w.clock->now() - killed, 1s);
      CHECK_FALSE(e.load().requests_running.has_value());
      REQUIRE((co_await until_restarted(e, *w.clock, round)).has_value());
      CHECK_GE(w.clock->now() - killed, round * 20ms);
      CHECK_NE(e.child_pid(), pid);
      CHECK((co_await ask(e, *w.clock, "{}")).has_value());
    }
    CHECK_EQ(w.metrics.count(ports::Counter::kEngineRestarts), 2U);
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("a program that is not there gives up but goes on trying") {
  EngineWorld world;
  auto command = fake_command(world);
  command.program = world.folder / "late";
  auto engine = make_engine(world, std::move(command));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    CHECK((co_await e.wait_ready(w.clock->in(60s))).error().is(EngineError::kDown));
    CHECK_EQ(e.state(), EngineState::kGivenUp);
    std::filesystem::create_symlink(COCOON_FAKE_ENGINE, w.folder / "late");
    REQUIRE((co_await until_restarted(e, *w.clock, 1)).has_value());
    CHECK((co_await ask(e, *w.clock, "{}")).has_value());
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("a program that ends at once again and again is given up") {
  EngineWorld world;
  auto engine = make_engine(world, {.program = "/bin/false", .arguments = {}, .environment = {}});
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    CHECK((co_await e.wait_ready(w.clock->in(60s))).error().is(EngineError::kDown));
    CHECK_EQ(e.state(), EngineState::kGivenUp);
    CHECK_EQ(e.restarts(), 3U);
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("an engine that never becomes healthy is ended and started again") {
  EngineWorld world;
  auto options = quick();
  options.start_max = 50ms;
  auto engine = make_engine(world, fake_command(world, {"--loading-ms", "60000"}), options);
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    CHECK((co_await e.wait_ready(w.clock->in(60s))).error().is(EngineError::kDown));
    CHECK_GE(e.restarts(), 1U);
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("an engine that no longer answers is killed and started again") {
  EngineWorld world;
  auto options = quick();
  options.health_max = 50ms;
  options.stop_grace = 50ms;
  auto engine = make_engine(world, fake_command(world), options);
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    ::kill(e.child_pid(), SIGSTOP);
    REQUIRE((co_await until_restarted(e, *w.clock, 1)).has_value());
    CHECK((co_await ask(e, *w.clock, "{}")).has_value());
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("an engine that ignores SIGTERM is killed after the grace") {
  EngineWorld world;
  auto engine = make_engine(world, fake_command(world, {"--ignore-term"}));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    const int pid = e.child_pid();
    const auto asked = w.clock->now();
    co_await e.stop();
    CHECK_GE(w.clock->now() - asked, 400ms);
    CHECK_LT(w.clock->now() - asked, 3s);
    CHECK_FALSE(is_alive(pid));
  };
  world.run(body(world, *engine));
}

TEST_CASE("an engine that dies in the middle of an answer breaks that answer and comes back") {
  EngineWorld world;
  auto engine = make_engine(world, fake_command(world));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    const auto broken = co_await ask(
        e, *w.clock, R"({"stream":true,"metadata":{"fake":{"mode":"die","tokens":9,"after":2}}})");
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().is(EngineError::kBroken));
    REQUIRE((co_await until_restarted(e, *w.clock, 1)).has_value());
    CHECK((co_await ask(e, *w.clock, "{}")).has_value());
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("dropping an answer cancels its generation within one token") {
  EngineWorld world;
  auto engine = make_engine(world, fake_command(world));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    {
      const auto response = co_await e.call(
          "POST", "/v1/chat/completions",
          to_bytes(R"({"stream":true,"metadata":{"fake":{"tokens":1000,"interval_ms":50}}})"),
          w.clock->in(60s));
      REQUIRE(response.has_value());
      for (std::string seen; seen.find("tok1") == std::string::npos;) {
        const auto chunk = co_await response->body->read();
        REQUIRE(chunk.has_value());
        REQUIRE_FALSE(chunk->empty());
        seen += as_text(*chunk);
      }
    }
    co_await w.clock->sleep_for(200ms);
    const auto client = w.client();
    const auto state = co_await client->send(
        {.method = "GET", .path = "/debug/state", .headers = {}, .body = ports::body_of({})},
        w.clock->in(60s));
    REQUIRE(state.has_value());
    const auto page = co_await ports::read_all(*state->body, 4096);
    REQUIRE(page.has_value());
    const auto counts = codec::parse_json(as_text(*page));
    REQUIRE(counts.has_value());
    CHECK_EQ(counts->find("active")->as_unsigned().value(), 0U);
    CHECK_EQ(counts->find("cancelled")->as_unsigned().value(), 1U);
    CHECK_LE(counts->find("generated_tokens")->as_unsigned().value(), 3U);
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE("only endpoints for applications get through") {
  EngineWorld world;
  auto engine = make_engine(world, fake_command(world));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
             {"GET", "/debug/state"},
             {"POST", "/slots/0?action=save"},
             {"POST", "/v1/chat/completions?x=1"},
             {"POST", "/v1/chat/completions/control"},
             {"GET", "/v1/chat/completions"},
             {"POST", "/v1/../slots"},
             {"GET", "/v1/stream"},
             {"POST", "http://elsewhere/v1/completions"}}) {
      CAPTURE(path);
      const auto response = co_await e.call(method, path, to_bytes("{}"), w.clock->in(60s));
      REQUIRE_FALSE(response.has_value());
      CHECK(response.error().is(EngineError::kRefused));
    }
    const auto models = co_await e.call("GET", "/v1/models", {}, w.clock->in(60s));
    REQUIRE(models.has_value());
    CHECK_EQ(models->status, 200);
    co_await e.stop();
  };
  world.run(body(world, *engine));
}

TEST_CASE(
    "the child has nothing of ours: no variables, files or standard streams, and leaves no core") {
  EngineWorld world;
  ::setenv("COCOON_TEST_SECRET", "1", 1);
  const int leaked =
      ::open((world.folder / "leak").c_str(), O_RDWR | O_CREAT, 0600);  // without O_CLOEXEC
  REQUIRE_GE(leaked, 0);
  auto engine = make_engine(world, fake_command(world));
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    const std::string process = "/proc/" + std::to_string(e.child_pid());
    std::ifstream environment(process + "/environ");
    std::string variables;
    std::getline(environment, variables);
    CHECK_EQ(variables, std::string("MARK=1\0", 7));
    for (const char* stream : {"/fd/0", "/fd/1", "/fd/2"}) {
      CHECK_EQ(std::filesystem::read_symlink(process + stream), "/dev/null");
    }
    for (const auto& file : std::filesystem::directory_iterator(process + "/fd")) {
      CHECK_NE(std::filesystem::read_symlink(file.path()), w.folder / "leak");
    }
    std::ifstream limits(process + "/limits");
    std::string core;
    while (std::getline(limits, core) && !core.starts_with("Max core file size")) {
    }
    CHECK_NE(core.find(" 0  "), std::string::npos);
    CHECK_EQ(::getsid(e.child_pid()), e.child_pid());
    co_await e.stop();
  };
  world.run(body(world, *engine));
  ::close(leaked);
  ::unsetenv("COCOON_TEST_SECRET");
}

TEST_CASE("an engine object that goes takes its child along") {
  int pid = 0;
  {
    EngineWorld world;
    auto engine = make_engine(world, fake_command(world));
    const auto body = [](EngineWorld& w, SupervisedEngine& e, int& child) -> Task<void> {
      w.spawn(e.run());
      REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
      child = e.child_pid();
      w.loop.stop();
    };
    world.run(body(world, *engine, pid));
    CHECK(is_alive(pid));
    engine.reset();
    CHECK_FALSE(is_alive(pid));
  }
}

TEST_CASE("an external engine is watched: ready, gone, back, stopped") {
  EngineWorld world;
  ExternalEngine external({world.loop.get_executor(), *world.clock, world.logger, world.metrics},
                          world.client(), {.health_interval = 20ms, .health_max = 1s});
  auto engine = make_engine(world, fake_command(world, {"--flavour", "vllm"}));
  const auto body = [](EngineWorld& w, ExternalEngine& x, SupervisedEngine& e) -> Task<void> {
    w.spawn(x.run());
    CHECK((co_await x.wait_ready(w.clock->in(50ms))).error().is(async::AsyncError::kTimeout));
    CHECK_EQ(x.state(), EngineState::kStarting);
    w.spawn(e.run());
    REQUIRE((co_await x.wait_ready(w.clock->in(60s))).has_value());
    co_await until_idle(x, *w.clock);
    CHECK_EQ(x.load().cache_used_permille, 125U);
    CHECK((co_await ask(x, *w.clock, "{}")).has_value());
    co_await e.stop();
    co_await until(x, *w.clock, EngineState::kRestarting);
    CHECK_FALSE(x.load().requests_running.has_value());
    CHECK((co_await ask(x, *w.clock, "{}")).error().is(EngineError::kDown));
    x.stop();
    co_await until(x, *w.clock, EngineState::kGivenUp);
  };
  world.run(body(world, external, *engine));
}
