#include "apps/common/role_chain.h"

#include "files/small_files.h"

namespace cocoon::apps {
namespace {

// How old a block may be that servers offer as the newest; what was proven is believed for longer.
constexpr std::chrono::seconds kClaimAgeMax{120};

Result<chain::LiteNetwork> read_network(const RoleChainSettings& settings) {
  TRY(const Bytes text, files::read_file(settings.global_config, chain::kGlobalConfigBytesMax));
  auto network = chain::parse_global_config(as_text(text));
  if (!network) {
    return std::unexpected(
        std::move(network).error().with_context(settings.global_config.string()));
  }
  if (settings.trusted) {
    network->trusted = {ton::kMasterchain, ton::kWholeShard, settings.trusted->seqno.value(),
                        ton::CellHash(settings.trusted->root_hash.bytes()),
                        ton::FileHash(settings.trusted->file_hash.bytes())};
  }
  return network;
}

}  // namespace

Result<std::unique_ptr<RoleChain>> RoleChain::start(const World& world,
                                                    const RoleChainSettings& settings) {
  chain::LightClientSettings light;
  TRY(light.network, read_network(settings));
  light.anchor_file = settings.anchor_file;
  light.age_max = std::min(settings.head_age_max, kClaimAgeMax);
  light.network_id = settings.network;
  std::unique_ptr<RoleChain> chain(new RoleChain);
  TRY(auto client, chain::LightClient::open(world.executor, chain->checks_.executor(), world.clock,
                                            world.random, std::move(light)));
  chain->head_ = std::make_unique<chain::LightChainHead>(
      world.executor, chain::LightChainHead::World{world.clock, world.log, world.metrics},
      std::move(client), chain::ChainHeadSettings{.age_max = settings.head_age_max});
  async::spawn(world.executor, chain->head_->keep_synced(),
               [&log = world.log](std::string_view) { log.error("chain.loop_crashed"); });
  return chain;
}

std::optional<std::string> RoleChain::trouble() const {
  const auto usable = head_->usable();
  if (usable) return std::nullopt;
  return usable.error().message();
}

}  // namespace cocoon::apps
