#include "apps/cocoon/bench_figures.h"

#include <doctest/doctest.h>

#include "apps/cocoon/bench_load.h"

using namespace cocoon::apps;

TEST_CASE("a median is the middle of the values in order, or of the two middle ones") {
  CHECK_EQ(median({}), 0);
  CHECK_EQ(median({9, 1, 5}), 5);
  CHECK_EQ(median({4, 1, 3, 2}), 2.5);
}

TEST_CASE("a target holds up to its limit") {
  CHECK(Target{"x", 1.5, 1.5}.holds());
  CHECK_FALSE(Target{"x", 1.51, 1.5}.holds());
  CHECK_EQ(cocoon::codec::write_json(to_json({{"x", 1.25, 1}})),
           R"([{"name":"x","value":1.250,"at_most":1.000,"holds":false}])");
}

TEST_CASE("what bench-load printed is read per request, or per event if it counted some") {
  const auto whole = parse_load(
      R"({"window_ns":2000000000,"requests":100,"events":0,"failures":1,"answer_p50_ns":5000,"answer_p99_ns":7000,)"
      R"("first_p50_ns":0,"first_p99_ns":0,"event_p50_ns":0,"event_p99_ns":0,"cpu_ns":[1000000,500000]})");
  REQUIRE(whole.has_value());
  CHECK_EQ(whole->per_second, 50);
  CHECK_EQ(whole->cpu_us, std::vector<double>{10, 5});
  CHECK_EQ(whole->failures, 1);
  CHECK_EQ(whole->p50_us, 5);
  const auto streams = parse_load(
      R"({"window_ns":1000000000,"requests":1,"events":10,"failures":0,"answer_p50_ns":5000,"answer_p99_ns":7000,)"
      R"("first_p50_ns":3000,"first_p99_ns":0,"event_p50_ns":2000,"event_p99_ns":4000,"cpu_ns":[]})");
  REQUIRE(streams.has_value());
  CHECK_EQ(streams->per_second, 10);
  CHECK_EQ(streams->p99_us, 4);
  CHECK_EQ(streams->first_p50_us, 3);
  CHECK_FALSE(parse_load("{}").has_value());
  CHECK_FALSE(parse_load("").has_value());
}

TEST_CASE("rounds come to the median of each figure, their failures to a sum") {
  const Load slow{.per_second = 1, .cpu_us = {9, 1}, .p50_us = 9, .failures = 1};
  const Load middle{.per_second = 2, .cpu_us = {5, 2}, .p50_us = 5, .failures = 0};
  const Load quick{.per_second = 3, .cpu_us = {1, 3}, .p50_us = 1, .failures = 2};
  const Load all = median_of({slow, quick, middle});
  CHECK_EQ(all.per_second, 2);
  CHECK_EQ(all.cpu_us, std::vector<double>{5, 2});
  CHECK_EQ(all.cpu_us_in_all(), 7);
  CHECK_EQ(all.failures, 3);
}
