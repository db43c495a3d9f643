#pragma once

#include <functional>
#include <string>

#include "admin/prometheus_metrics.h"
#include "ports/http.h"

namespace cocoon::admin {

struct Health {
  enum class State : std::uint8_t { kServing, kNotServing };
  State state = State::kNotServing;
  std::string reason;  // safe to show: "no worker attached"
};

// The admin endpoint of a role: GET /metrics, and GET /healthz with 200 or 503 and
// {"status":…,"reason":…}. It is served on loopback only and tells nothing about users. `metrics`
// and whatever `health` refers to outlive it.
class AdminHandler final : public ports::HttpHandler {
 public:
  AdminHandler(const PrometheusMetrics& metrics, std::function<Health()> health)
      : metrics_(metrics), health_(std::move(health)) {}

  [[nodiscard]] ports::Task<void> handle(ports::HttpRequest request,
                                         ports::ResponseWriter& response) override;

 private:
  const PrometheusMetrics& metrics_;
  std::function<Health()> health_;
};

}  // namespace cocoon::admin
