#include "apps/common/role_registry.h"

#include "chain/file_registry.h"
#include "chain/ton_registry.h"

namespace cocoon::apps {
namespace {

constexpr async::Duration kLookEach = std::chrono::milliseconds(100);

Result<std::unique_ptr<chain::TonRegistry>> open_contract(const RoleChain::World& world,
                                                          RoleChain& chain,
                                                          const RoleRegistrySettings& settings) {
  TRY(const ton::ParsedAddress parsed, ton::parse_address(settings.address));
  return chain::TonRegistry::open({world.clock, world.log, world.metrics}, chain.head(),
                                  {.address = parsed.address,
                                   .network = settings.network,
                                   .age_max = settings.reading_age_max,
                                   .floor_file = settings.floor_file});
}

}  // namespace

Result<std::unique_ptr<RoleRegistry>> RoleRegistry::start(const RoleChain::World& world,
                                                          RoleChain& chain,
                                                          const RoleRegistrySettings& settings) {
  std::unique_ptr<RoleRegistry> out(new RoleRegistry);
  if (settings.address.empty()) {
    TRY(out->registry_, chain::FileRegistry::open(settings.file, settings.network));
    return out;
  }
  TRY(auto contract, open_contract(world, chain, settings));
  async::spawn(world.executor, contract->keep_read(),
               [&log = world.log](std::string_view) { log.error("registry.loop_crashed"); });
  out->registry_ = std::move(contract);
  return out;
}

std::optional<std::string> RoleRegistry::trouble() const {
  const auto known = registry_->current();
  if (known) return std::nullopt;
  return known.error().message();
}

async::Task<Result<std::shared_ptr<const registry::Snapshot>>> RoleRegistry::wait_known(
    async::Clock& clock, async::Deadline deadline) const {
  for (;;) {
    auto known = registry_->current();
    if (known || clock.now() >= deadline) co_return known;
    co_await clock.sleep_for(kLookEach);
  }
}

}  // namespace cocoon::apps
