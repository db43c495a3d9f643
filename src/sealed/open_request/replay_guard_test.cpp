#include "sealed/open_request/replay_guard.h"

#include <doctest/doctest.h>

using namespace cocoon;
using namespace cocoon::sealed;

namespace {

RequestId id_of(unsigned value) {
  ByteArray<16> bytes{};
  bytes[15] = static_cast<std::byte>(value);
  return RequestId(bytes);
}

}  // namespace

TEST_CASE("a request id is taken once, whatever the epoch") {
  ReplayGuard guard(10);
  CHECK(guard.insert(id_of(1), 7).has_value());
  CHECK(guard.insert(id_of(1), 7).error().is(SealedError::kReplayed));
  CHECK(guard.insert(id_of(1), 8).error().is(SealedError::kReplayed));
  CHECK(guard.insert(id_of(2), 7).has_value());
}

TEST_CASE("a full guard refuses new ids and still knows the old ones") {
  ReplayGuard guard(2);
  CHECK(guard.insert(id_of(1), 1).has_value());
  CHECK(guard.insert(id_of(2), 2).has_value());
  CHECK(guard.insert(id_of(3), 2).error().is(SealedError::kReplayGuardFull));
  CHECK(guard.insert(id_of(1), 1).error().is(SealedError::kReplayed));
  CHECK_EQ(guard.size(), 2);
}

TEST_CASE("ids are forgotten with their epoch and no sooner") {
  ReplayGuard guard(2);
  CHECK(guard.insert(id_of(1), 1).has_value());
  CHECK(guard.insert(id_of(2), 2).has_value());
  guard.forget(1);
  CHECK(guard.insert(id_of(2), 3).error().is(SealedError::kReplayed));
  CHECK(guard.insert(id_of(1), 3).has_value());
  guard.forget(9);
  CHECK_EQ(guard.size(), 2);
}
