#include "tests/fakes/world/machine_room.h"

#include "attest/intel/pck.h"
#include "base/check.h"

namespace cocoon::fakes {

MachineRoom::MachineRoom(World& world, const tdxsim::CollateralOptions& options)
    : world_(world),
      vendor_(tdxsim::make_vendor("machine room")),
      machine_(vendor_.make_platform(tdxsim::seeded_bytes("machine"), options).value()) {
  world.registry.change([&](registry::Snapshot& snapshot) {
    snapshot.policy.roots.push_back(machine_.root_fingerprint());
  });
}

std::string MachineRoom::published(const tdxsim::CollateralOptions& options) const {
  const UnixMillis now = world_.clock().wall_now();
  auto json = vendor_.publish(machine_, UnixSeconds(static_cast<std::uint32_t>(now.value() / 1000)),
                              options);
  COCOON_CHECK(json.has_value());
  return std::move(*json);
}

void ban(World& world, const tdxsim::Platform& machine) {
  const auto pck = attest::intel::read_pck_info(machine.pck_certificate());
  COCOON_CHECK(pck.has_value());
  world.registry.change([&](registry::Snapshot& snapshot) {
    snapshot.policy.banned_platforms.push_back(to_bytes(pck->ppid));
  });
}

}  // namespace cocoon::fakes
