#include <doctest/doctest.h>

#include "attest/verify.h"
#include "tdxsim/fixture.h"

using namespace cocoon;
using namespace cocoon::attest;
using tdxsim::WorkerFixture;

namespace {

Result<VerifiedWorker> judge(const WorkerFixture& f) {
  return verify_evidence(f.bundle(), f.collateral, f.policy, f.block, f.now);
}

// A verdict's end, in seconds from when it was passed.
std::int64_t ends_after(const WorkerFixture& f) {
  const auto verified = judge(f);
  REQUIRE(verified.has_value());
  return std::int64_t{verified->term().until.value()} - std::int64_t{f.now.value()};
}

}  // namespace

TEST_CASE("a verdict ends with the first window that it was passed in") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  const std::int64_t block_age =
      std::int64_t{f.now.value()} - std::int64_t{f.block.generated_at.value()};
  CHECK_EQ(ends_after(f), f.policy.statement_age_max.count() - block_age);
  CHECK_EQ(judge(f)->term().collateral, f.collateral.digests().at(0));

  f.policy.statement_age_max = std::chrono::days(400 * 365);  // beyond what 32 bits count
  constexpr std::int64_t kYear = 365LL * 86'400;
  CHECK_EQ(ends_after(f), 9 * kYear - 1);  // the collateral's, a second before its next update
  f.publish({.valid_for = 600});
  CHECK_EQ(ends_after(f), 599);
  f.publish({.valid_for = 20 * kYear});
  CHECK_EQ(ends_after(f), 10 * kYear);  // the certificates'

  // With an exception of the policy's, when that ends, or the longest that covers the platform.
  f.publish(
      {.edits = {{R"(]},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"UpToDate")",
                  R"(]},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"SWHardeningNeeded")"}}});
  const auto until = [&](std::uint32_t seconds) {
    return StatusException{.status = intel::TcbStatus::kSwHardeningNeeded,
                           .advisories = {},
                           .until = UnixSeconds(f.now.value() + seconds)};
  };
  f.policy.exceptions = {until(100)};
  CHECK_EQ(ends_after(f), 100);
  f.policy.exceptions = {until(100), until(300), until(200)};
  CHECK_EQ(ends_after(f), 300);
}
