#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ports/http.h"

namespace cocoon::ports {

enum class EngineError : std::uint16_t {
  kDown = 1,        // not started yet, restarting, or given up
  kBroken = 2,      // died or misbehaved in the middle of an answer
  kWrongModel = 3,  // the files' root hash is not the registry's
  kBadModel = 4,    // model files unreadable
  kRefused = 5,     // not a method and path that applications may call
};
constexpr Library library_of(EngineError) { return Library::kEngine; }

// What an engine says of itself; a gauge that it does not have is unknown, never 0.
struct EngineLoad {
  std::optional<std::uint32_t> requests_running;
  std::optional<std::uint32_t> requests_waiting;
  std::optional<std::uint64_t> tokens_waiting;
  std::optional<std::uint32_t> cache_used_permille;
};

enum class EngineState : std::uint8_t { kStarting, kReady, kRestarting, kGivenUp };

// Anything that speaks the OpenAI HTTP API, behind a Unix socket.
class Engine {
 public:
  Engine() = default;
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] virtual EngineState state() const = 0;
  [[nodiscard]] virtual EngineLoad load() const = 0;
  // Posts `body` to `path` ("/v1/chat/completions"); dropping the response's body cancels the
  // generation.
  [[nodiscard]] virtual Task<Result<HttpResponse>> call(std::string method, std::string path,
                                                        Bytes body, Deadline head_by) = 0;
};

}  // namespace cocoon::ports
