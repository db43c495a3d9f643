#pragma once

#include <memory>

#include "async/clock.h"
#include "ports/engine.h"
#include "ports/http.h"

namespace cocoon::engine {

inline constexpr std::size_t kMetricsBytesMax = 1U << 20U;

enum class Health : std::uint8_t {
  kReady,
  kLoading,  // it answers, but not yet with answers to prompts
  kUnreachable,
};

// What every engine has in common: requests to it, its health and its load, over an HTTP client
// that somebody else connected. One executor.
class HttpEngine {
 public:
  explicit HttpEngine(std::unique_ptr<ports::HttpClient> client) : client_(std::move(client)) {}
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  // Only the endpoints that applications may call get through; kRefused for every other method or
  // path. The body of the answer fails with kBroken if it does not end in an orderly way.
  [[nodiscard]] async::Task<Result<ports::HttpResponse>> call(std::string method, std::string path,
                                                              Bytes body, async::Deadline head_by);
  [[nodiscard]] async::Task<Health> health(async::Deadline by);
  // Everything unknown if there are no metrics.
  [[nodiscard]] async::Task<ports::EngineLoad> read_load(async::Deadline by);

 private:
  [[nodiscard]] async::Task<Result<int>> get_status(std::string path, async::Deadline by);

  std::unique_ptr<ports::HttpClient> client_;
};

}  // namespace cocoon::engine
