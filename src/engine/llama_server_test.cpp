#include "engine/llama_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "codec/json.h"
#include "engine/supervised_engine.h"
#include "tests/support/engine_world.h"

using namespace cocoon;
using namespace cocoon::engine;
using namespace std::chrono_literals;
using async::Task;
using cocoon::testing::EngineWorld;

namespace {

LlamaServerOptions good() {
  return {.program = "/bin/llama-server",
          .model = "/m/a.gguf",
          .socket = "/run/engine.sock",
          .alias = "m",
          .threads = 2,
          .context_tokens = 1024,
          .parallel = 3,
          .purpose = ModelPurpose::kText};
}

std::string value_of(const Command& command, std::string_view option) {
  const auto at = std::ranges::find(command.arguments, option);
  if (at == command.arguments.end() || at + 1 == command.arguments.end()) return "absent";
  return *(at + 1);
}
bool has(const Command& command, std::string_view option) {
  return std::ranges::find(command.arguments, option) != command.arguments.end();
}

// The engine that the build made, if it did.
std::filesystem::path llama_server() {
  const char* named = std::getenv("COCOON_LLAMA_SERVER");
  const std::filesystem::path program = named != nullptr ? named : "build/bin/llama-server";
  return std::filesystem::exists(program) ? std::filesystem::absolute(program)
                                          : std::filesystem::path();
}

Task<Result<std::string>> ask(SupervisedEngine& engine, async::Clock& clock, std::string body) {
  CO_TRY(const auto response,
         co_await engine.call("POST", "/v1/chat/completions", to_bytes(body), clock.in(60s)));
  CO_TRY(const Bytes answer, co_await ports::read_all(*response.body, 1U << 20U));
  co_return std::string(as_text(answer));
}

}  // namespace

TEST_CASE("llama-server keeps nothing between requests and shows nothing but answers") {
  const auto command = llama_server_command(good());
  REQUIRE(command.has_value());
  CHECK_EQ(value_of(*command, "--host"), "/run/engine.sock");
  CHECK_EQ(value_of(*command, "--threads"), "2");
  CHECK_EQ(value_of(*command, "--parallel"), "3");
  CHECK_EQ(value_of(*command, "--ctx-size"), "3072");
  CHECK_EQ(value_of(*command, "--cache-ram"), "0");
  CHECK_EQ(value_of(*command, "--cache-reuse"), "0");
  for (const std::string_view option :
       {"--no-cache-prompt", "--no-cache-idle-slots", "--no-kv-unified", "--no-slots", "--no-ui",
        "--offline", "--log-disable", "--metrics"}) {
    CAPTURE(option);
    CHECK(has(*command, option));
  }
  for (const std::string_view option :
       {"--props", "--slot-save-path", "--log-file", "--media-path", "--tools"}) {
    CAPTURE(option);
    CHECK_FALSE(has(*command, option));
  }
  CHECK_FALSE(has(*command, "--embeddings"));
  CHECK(std::ranges::find(command->environment, "OMP_WAIT_POLICY=passive") !=
        command->environment.end());
}

TEST_CASE("refuses options that llama-server would read otherwise or not at all") {
  auto options = good();
  options.socket = "/run/engine.sock,0.0.0.0,x.sock";  // it listens on each of a list
  CHECK_FALSE(llama_server_command(options).has_value());
  options.socket = "engine.sock";
  CHECK_FALSE(llama_server_command(options).has_value());
  options.socket = "/run/engine";
  CHECK_FALSE(llama_server_command(options).has_value());
  options.socket = "/" + std::string(110, 'x') + ".sock";
  CHECK_FALSE(llama_server_command(options).has_value());
  options = good();
  options.model = "a.gguf";
  CHECK_FALSE(llama_server_command(options).has_value());
  options = good();
  options.program = "llama-server";
  CHECK_FALSE(llama_server_command(options).has_value());
  options = good();
  options.parallel = 0;
  CHECK_FALSE(llama_server_command(options).has_value());
}

TEST_CASE("the real llama-server loads a model, answers, streams, forgets and stops") {
  const auto program = llama_server();
  if (program.empty()) {
    MESSAGE("skipped: no llama-server (tools/build-llama-server makes it)");
    return;
  }
  EngineWorld world;
  const std::string model = world.folder / "tiny.gguf";
  REQUIRE_EQ(std::system(("python3 tests/support/tiny_gguf.py " + model).c_str()), 0);
  auto command = llama_server_command({.program = program,
                                       .model = model,
                                       .socket = world.socket(),
                                       .alias = "tiny",
                                       .threads = 1,
                                       .context_tokens = 512,
                                       .parallel = 2,
                                       .purpose = ModelPurpose::kText});
  REQUIRE(command.has_value());
  SupervisedEngine engine({world.loop.get_executor(), *world.clock, world.logger, world.metrics},
                          *command, world.socket(), world.client());
  const auto body = [](EngineWorld& w, SupervisedEngine& e) -> Task<void> {
    w.spawn(e.run());
    REQUIRE((co_await e.wait_ready(w.clock->in(60s))).has_value());
    const std::string question =
        R"({"temperature":0,"max_tokens":6,"messages":[{"role":"user","content":"Hello there"}])";
    for (int i = 0; i < 2; ++i) {
      const auto answer = co_await ask(e, *w.clock, question + "}");
      REQUIRE(answer.has_value());
      const auto json = codec::parse_json(*answer);
      REQUIRE(json.has_value());
      const codec::Json* usage = json->find("usage");
      REQUIRE(usage != nullptr);
      CHECK_EQ(usage->find("completion_tokens")->as_unsigned().value(), 6U);
      // Asked again, nothing of the first time is reused.
      CHECK_EQ(usage->find("prompt_tokens_details")->find("cached_tokens")->as_unsigned().value(),
               0U);
    }
    const auto stream = co_await ask(
        e, *w.clock, question + R"(,"stream":true,"stream_options":{"include_usage":true}})");
    REQUIRE(stream.has_value());
    CHECK_NE(stream->find("data: [DONE]"), std::string::npos);
    CHECK_NE(stream->find("\"completion_tokens\":6"), std::string::npos);
    for (const auto by = w.clock->in(60s);
         e.load().requests_running != 0U && w.clock->now() < by;) {
      co_await w.clock->sleep_for(20ms);
    }
    CHECK_EQ(e.load().requests_running, 0U);
    CHECK_EQ(e.load().requests_waiting, 0U);
    CHECK_FALSE(e.load().tokens_waiting.has_value());
    co_await e.stop();
    CHECK_EQ(e.restarts(), 0U);
  };
  world.run(body(world, engine));
}
