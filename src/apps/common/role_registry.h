#pragma once

#include "apps/common/role_chain.h"

namespace cocoon::apps {

struct RoleRegistrySettings {
  NetworkId network;
  // One of the two: the contract's address, or a file, which counts on a devnet only.
  std::string address;
  std::filesystem::path file;
  std::filesystem::path floor_file;        // empty: how new a registry it has seen is forgotten
  std::chrono::seconds reading_age_max{};  // how old a reading of the contract may be
};

// Of a client or a proxy, from its configuration.
template <class Config>
[[nodiscard]] RoleRegistrySettings registry_settings(const Config& config) {
  return {.network = config.network,
          .address = config.world.registry_address,
          .file = config.world.registry_file,
          .floor_file = config.state_dir / "registry-floor.json",
          .reading_age_max = std::chrono::floor<std::chrono::seconds>(config.world.head_age_max)};
}

// The registry as a role program goes by it: the contract, proven with the role's own chain and
// kept up in the background, or a devnet's file.
class RoleRegistry {
 public:
  // All of `world` and `chain` outlive this, and the executor runs no more once this is gone.
  [[nodiscard]] static Result<std::unique_ptr<RoleRegistry>> start(
      const RoleChain::World& world, RoleChain& chain, const RoleRegistrySettings& settings);

  [[nodiscard]] ports::Registry& port() { return *registry_; }
  // Why nothing can be gone by now; nothing while there is a registry.
  [[nodiscard]] std::optional<std::string> trouble() const;
  // The registry once there is one; at the deadline why there is none.
  [[nodiscard]] async::Task<Result<std::shared_ptr<const registry::Snapshot>>> wait_known(
      async::Clock& clock, async::Deadline deadline) const;

 private:
  RoleRegistry() = default;
  std::unique_ptr<ports::Registry> registry_;
};

}  // namespace cocoon::apps
