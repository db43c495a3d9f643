#include "apps/cocoon/bench_crate.h"

#include <doctest/doctest.h>

using namespace cocoon;
using namespace cocoon::apps;

namespace {

Result<CrateCosts> costs_in(std::string_view printed) {
  return parse_crate_costs(codec::parse_json(printed).value());
}

}  // namespace

TEST_CASE("what the crate's stopwatch printed is nanoseconds, read as microseconds") {
  const auto costs = costs_in(R"({"from_bytes_ns":1250500,"parsed_ns":980000})");
  REQUIRE(costs.has_value());
  CHECK_EQ(costs->from_bytes_us, 1250.5);
  CHECK_EQ(costs->parsed_us, 980);
  // The order of the figures, and what a later crate adds, do not matter.
  const auto other = costs_in("{\"parsed_ns\":1,\"calls\":7,\"from_bytes_ns\":2000}\n");
  REQUIRE(other.has_value());
  CHECK_EQ(other->from_bytes_us, 2);
  CHECK_EQ(other->parsed_us, 0.001);
}

TEST_CASE("what is no pair of figures is an error, never a cost of zero") {
  for (const char* printed :
       {"{}", "[]", "null", R"({"from_bytes_ns":1})", R"({"parsed_ns":1})",
        R"({"from_bytes_ns":"1","parsed_ns":1})", R"({"from_bytes_ns":-1,"parsed_ns":1})",
        R"({"from_bytes_ns":1.5,"parsed_ns":1})",
        R"({"from_bytes_ns":18446744073709551616,"parsed_ns":1})"}) {
    CAPTURE(printed);
    CHECK_FALSE(costs_in(printed).has_value());
  }
}
