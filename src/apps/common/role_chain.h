#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "async/offload.h"
#include "attest/trusted_block.h"
#include "chain/light_chain_head.h"

namespace cocoon::apps {

struct RoleChainSettings {
  NetworkId network;                            // what the blocks have to say of themselves
  std::filesystem::path global_config;          // lite-servers, and the trusted block
  std::optional<attest::TrustedBlock> trusted;  // in the place of the file's
  std::filesystem::path anchor_file;  // empty: how far it has proven is forgotten at the end
  std::chrono::seconds head_age_max{};
};

// Of a client or a proxy, from its configuration.
template <class Config>
[[nodiscard]] RoleChainSettings chain_settings(const Config& config) {
  return {.network = config.network,
          .global_config = config.world.global_config,
          .trusted = std::nullopt,
          .anchor_file = config.state_dir / "chain-anchor.json",
          .head_age_max = std::chrono::floor<std::chrono::seconds>(config.world.head_age_max)};
}

// The chain as a role program follows it: a light client whose checks run on a thread of its own,
// and the head that it keeps in the background.
class RoleChain {
 public:
  struct World {
    async::Executor executor;
    async::Clock& clock;
    ports::Random& random;
    ports::Metrics& metrics;
    const Logger& log;
  };
  // Reads the files and begins to look for the newest block; needs no server yet. All of `world`
  // outlives this, and the executor runs no more once this is gone.
  [[nodiscard]] static Result<std::unique_ptr<RoleChain>> start(const World& world,
                                                                const RoleChainSettings& settings);

  [[nodiscard]] chain::LightChainHead& head() { return *head_; }
  // Why nothing can be proven now; nothing while the newest block may be used.
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  RoleChain() = default;
  async::WorkerThread checks_;
  std::unique_ptr<chain::LightChainHead> head_;
};

}  // namespace cocoon::apps
