#include <doctest/doctest.h>

#include "sim/run.h"

using namespace cocoon::sim;

namespace {

// Some run of these has the defect show.
bool is_caught(Defect defect) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    if (!run(seed, defect).violations.empty()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the same seed walks the same way, another one another") {
  const Report one = run(7);
  const Report again = run(7);
  CHECK_EQ(one.digest, again.digest);
  CHECK(one.trace == again.trace);
  CHECK_FALSE(run(8).digest == one.digest);
  CHECK(one.answered > 10);
  CHECK(one.failed > 0);
}

TEST_CASE("each defect that is put in is found") {
  CHECK(is_caught(Defect::kReceiptOfAnother));
  CHECK(is_caught(Defect::kEndSwallowed));
  CHECK(is_caught(Defect::kPlaceNotReleased));
  CHECK(is_caught(Defect::kAnsweredTwice));
  CHECK(is_caught(Defect::kBillPadded));
  CHECK(is_caught(Defect::kAnswerLost));
  CHECK(is_caught(Defect::kCrash));
}
