#include "engine/prometheus.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace cocoon;
using namespace cocoon::engine;

namespace {

ports::EngineLoad load_of_page(std::string_view page) {
  const auto samples = parse_prometheus(page);
  REQUIRE(samples.has_value());
  return load_of(*samples);
}

}  // namespace

TEST_CASE("reads the load of llama-server and leaves what it does not say unknown") {
  const auto load = load_of_page(
      "# HELP llamacpp:requests_processing Number of requests processing\n"
      "# TYPE llamacpp:requests_processing gauge\n"
      "llamacpp:requests_processing 3\n"
      "llamacpp:requests_deferred 0\n");
  CHECK_EQ(load.requests_running, 3U);
  CHECK_EQ(load.requests_waiting, 0U);
  CHECK_FALSE(load.tokens_waiting.has_value());
  CHECK_FALSE(load.cache_used_permille.has_value());
}

TEST_CASE("reads the load of vLLM, summed over its engines") {
  const auto load = load_of_page(
      "vllm:num_requests_running{engine=\"0\",model_name=\"a, \\\"b\\\"\"} 2.0\n"
      "vllm:num_requests_running{engine=\"1\",model_name=\"a\",} 3.0 1395066363000\n"
      "vllm:num_requests_waiting{engine=\"0\"} 1.0\n"
      "vllm:gpu_cache_usage_perc{engine=\"0\"} 0.25\n"
      "vllm:gpu_cache_usage_perc{engine=\"1\"} 0.5\n");
  CHECK_EQ(load.requests_running, 5U);
  CHECK_EQ(load.requests_waiting, 1U);
  CHECK_EQ(load.cache_used_permille, 500U);
}

TEST_CASE("reads the load of SGLang") {
  const auto load = load_of_page(
      "sglang:num_running_reqs{model_name=\"m\"} 8\nsglang:num_queue_reqs{model_name=\"m\"} 4\n"
      "sglang:token_usage{model_name=\"m\"} 0.28\n");
  CHECK_EQ(load.requests_running, 8U);
  CHECK_EQ(load.requests_waiting, 4U);
  CHECK_EQ(load.cache_used_permille, 280U);
}

TEST_CASE("a gauge that makes no sense is unknown") {
  const auto load = load_of_page(
      "vllm:num_requests_running NaN\nvllm:num_requests_waiting -1\nvllm:kv_cache_usage_perc "
      "1.5\n");
  CHECK_FALSE(load.requests_running.has_value());
  CHECK_FALSE(load.requests_waiting.has_value());
  CHECK_FALSE(load.cache_used_permille.has_value());
}

TEST_CASE("an empty page knows nothing") {
  const auto load = load_of_page("");
  CHECK_FALSE(load.requests_running.has_value());
  CHECK_FALSE(load.requests_waiting.has_value());
  CHECK_FALSE(load.tokens_waiting.has_value());
  CHECK_FALSE(load.cache_used_permille.has_value());
}

TEST_CASE("reads labels, escapes and special numbers, and writes them back") {
  const auto samples = parse_prometheus(
      "a{b=\"1\\n\\\\\\\"\" , c = \"\"} +Inf\r\n\n  # note\nd -Inf 5\ne NaN\nf 1e-3");
  REQUIRE(samples.has_value());
  REQUIRE_EQ(samples->size(), 4U);
  CHECK_EQ(samples->at(0).labels.at(0).value, "1\n\\\"");
  CHECK_EQ(samples->at(0).labels.at(1).name, "c");
  CHECK(std::isinf(samples->at(0).value));
  CHECK(samples->at(1).value < 0);
  CHECK(std::isnan(samples->at(2).value));
  CHECK_EQ(samples->at(3).value, doctest::Approx(0.001));
  CHECK_EQ(write_prometheus(*samples),
           "a{b=\"1\\n\\\\\\\"\",c=\"\"} +Inf\nd -Inf\ne NaN\nf 0.001\n");
}

TEST_CASE("refuses pages with a bad line") {
  for (const std::string_view page :
       {"1abc 3", "a", "a b", "a{b=\"c\" 3", "a{b=c} 3", "a{b=\"\\x\"} 3", "a{b=\"c\"d=\"e\"} 3",
        "a 0x10", "a 1 2 3", "a 1 soon", "a --1", "a{b=\"c", "a{=\"c\"} 1", "a infinity",
        "a{b=\"\\"}) {
    CAPTURE(page);
    CHECK_FALSE(parse_prometheus(page).has_value());
  }
}

TEST_CASE("bounds what a page may hold") {
  std::string many;
  for (std::size_t i = 0; i <= kSamplesMax; ++i) many += "a 1\n";
  const auto samples = parse_prometheus(many);
  REQUIRE_FALSE(samples.has_value());
  CHECK(samples.error().is(PrometheusError::kTooMany));
  std::string wide = "a{";
  for (std::size_t i = 0; i <= kLabelsMax; ++i) wide += "b=\"\",";
  CHECK_FALSE(parse_prometheus(wide + "} 1").has_value());
}
