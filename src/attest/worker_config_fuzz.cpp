#include "attest/worker_config.h"
#include "base/check.h"

// What is accepted keeps the promises of its fields; everything else is refused by our own code.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon::attest;
  const auto config = parse_worker_config(std::as_bytes(std::span(data, size)));
  if (!config.has_value()) {
    COCOON_CHECK(config.error().is(AttestError::kForbiddenConfig));
    return 0;
  }
  COCOON_CHECK(config->engine.threads >= 1 && config->limits.running >= 1);
  COCOON_CHECK(!config->model.name.empty() && !config->proxies.empty());
  COCOON_CHECK(config->limits.request_bytes_max <= (32ULL << 20U));
  const bool is_external = config->engine.kind == WorkerEngineConfig::Kind::kExternal;
  COCOON_CHECK(config->engine.url.empty() == !is_external);
  COCOON_CHECK(config->engine.program.empty() == is_external);
  return 0;
}
