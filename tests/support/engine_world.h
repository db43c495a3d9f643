#pragma once

// What the tests of engines share: an event loop, a clock, a metrics sink and a temporary folder
// with a socket.

#include <doctest/doctest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>

#include "async/clock.h"
#include "base/log.h"
#include "ports/metrics.h"
#include "tests/support/temp_folder.h"
#include "tests/support/unix_http_client.h"

namespace cocoon::testing {

class CountingMetrics final : public ports::Metrics {
 public:
  void add(ports::Counter counter, std::uint64_t amount) override {
    counts_.at(static_cast<std::size_t>(counter)) += amount;
  }
  void set(ports::Gauge gauge, std::int64_t value) override {
    gauges_.at(static_cast<std::size_t>(gauge)) = value;
  }
  void observe_seconds(ports::Timing, double) override {}
  [[nodiscard]] std::uint64_t count(ports::Counter counter) const {
    return counts_.at(static_cast<std::size_t>(counter));
  }
  [[nodiscard]] std::int64_t gauge(ports::Gauge gauge) const {
    return gauges_.at(static_cast<std::size_t>(gauge));
  }

 private:
  std::array<std::uint64_t, 64> counts_{};
  std::array<std::int64_t, 64> gauges_{};
};

struct EngineWorld {
  TempFolder folder;
  boost::asio::io_context loop{1};
  std::unique_ptr<async::Clock> clock = async::make_real_clock();
  Logger logger = Logger::silent();
  CountingMetrics metrics;

  [[nodiscard]] std::string socket() const { return folder / "engine.sock"; }
  [[nodiscard]] std::unique_ptr<ports::HttpClient> client() {
    return std::make_unique<UnixHttpClient>(loop.get_executor(), *clock, socket());
  }
  // Runs `body` and everything it spawned to the end.
  void run(async::Task<void> body) {
    std::string crash;
    async::spawn(loop.get_executor(), std::move(body),
                 [&crash](std::string_view what) { crash = what; });
    loop.run();
    CHECK_EQ(crash, "");
  }
  void spawn(async::Task<void> task) {
    async::spawn(loop.get_executor(), std::move(task),
                 [](std::string_view what) { CHECK_EQ(what, ""); });
  }
};

}  // namespace cocoon::testing
