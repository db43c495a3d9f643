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

constexpr UnixSeconds kNow{1000};

Status take(ReplayGuard& guard, const RequestId& id, std::uint32_t epoch) {
  return guard.insert(id, epoch, UnixSeconds(1100), kNow);
}

}  // namespace

TEST_CASE("a request id is taken once, whatever the epoch") {
  ReplayGuard guard(10);
  CHECK(take(guard, id_of(1), 7).has_value());
  CHECK(take(guard, id_of(1), 7).error().is(SealedError::kReplayed));
  CHECK(take(guard, id_of(1), 8).error().is(SealedError::kReplayed));
  CHECK(take(guard, id_of(2), 7).has_value());
}

TEST_CASE("a full guard refuses new ids and still knows the old ones") {
  ReplayGuard guard(2);
  CHECK(take(guard, id_of(1), 1).has_value());
  CHECK(take(guard, id_of(2), 2).has_value());
  CHECK(take(guard, id_of(3), 2).error().is(SealedError::kReplayGuardFull));
  CHECK(take(guard, id_of(1), 1).error().is(SealedError::kReplayed));
  CHECK_EQ(guard.size(), 2);
}

TEST_CASE("ids are forgotten with their epoch and no sooner") {
  ReplayGuard guard(2);
  CHECK(take(guard, id_of(1), 1).has_value());
  CHECK(take(guard, id_of(2), 2).has_value());
  guard.forget(1);
  CHECK(take(guard, id_of(2), 3).error().is(SealedError::kReplayed));
  CHECK(take(guard, id_of(1), 3).has_value());
  guard.forget(9);
  CHECK_EQ(guard.size(), 2);
}

TEST_CASE(
    "an id is forgotten when its envelope has expired, which makes room, and never taken again") {
  ReplayGuard guard(2);
  CHECK(guard.insert(id_of(1), 1, UnixSeconds(1010), kNow).has_value());
  CHECK(guard.insert(id_of(2), 1, UnixSeconds(1020), kNow).has_value());
  CHECK(guard.insert(id_of(3), 1, UnixSeconds(1030), UnixSeconds(1009))
            .error()
            .is(SealedError::kReplayGuardFull));
  CHECK(guard.insert(id_of(3), 1, UnixSeconds(1030), UnixSeconds(1010)).has_value());
  CHECK_EQ(guard.size(), 2);
  // One that waited in a queue until it had been forgotten.
  CHECK(guard.insert(id_of(1), 1, UnixSeconds(1010), UnixSeconds(1010))
            .error()
            .is(SealedError::kExpired));
  CHECK(guard.insert(id_of(2), 1, UnixSeconds(1020), UnixSeconds(1019))
            .error()
            .is(SealedError::kReplayed));
}

TEST_CASE("forgetting an epoch leaves nothing behind that an expiry would trip over") {
  ReplayGuard guard(3);
  CHECK(guard.insert(id_of(1), 1, UnixSeconds(1010), kNow).has_value());
  CHECK(guard.insert(id_of(2), 2, UnixSeconds(1010), kNow).has_value());
  guard.forget(1);
  CHECK_EQ(guard.size(), 1);
  CHECK(guard.insert(id_of(3), 2, UnixSeconds(1050), UnixSeconds(1020)).has_value());
  CHECK_EQ(guard.size(), 1);
}
