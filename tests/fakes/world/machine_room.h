#pragma once

#include "tdxsim/vendor.h"
#include "tests/fakes/world/stub_worker.h"

namespace cocoon::fakes {

// A vendor that goes on publishing, and one of its machines, whose root the registry lists.
class MachineRoom {
 public:
  explicit MachineRoom(World& world, const tdxsim::CollateralOptions& options = {});

  [[nodiscard]] const tdxsim::Platform& machine() const { return machine_; }
  // What the vendor publishes about the machine now.
  [[nodiscard]] std::string published(const tdxsim::CollateralOptions& options) const;

 private:
  World& world_;
  tdxsim::Vendor vendor_;
  tdxsim::Platform machine_;
};

// Bans the machine from now on.
void ban(World& world, const tdxsim::Platform& machine);

}  // namespace cocoon::fakes
