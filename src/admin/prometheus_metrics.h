#pragma once

#include <memory>
#include <string>

#include "ports/metrics.h"

namespace cocoon::admin {

// Keeps every metric of docs/metrics.md and writes them in the Prometheus text format (version
// 0.0.4).
class PrometheusMetrics final : public ports::Metrics {
 public:
  PrometheusMetrics();
  ~PrometheusMetrics() override;

  void add(ports::Counter counter, std::uint64_t amount) override;
  void set(ports::Gauge gauge, std::int64_t value) override;
  void observe_seconds(ports::Timing timing, double seconds) override;

  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::admin
