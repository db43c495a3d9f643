#include "apps/common/role_registry.h"

#include <doctest/doctest.h>

#include <fstream>

#include "apps/common/lite_config_test.h"
#include "apps/common/role_program.h"
#include "net/os_random.h"
#include "tests/fakes/world/recorders.h"
#include "tests/support/temp_folder.h"

namespace cocoon::apps {
namespace {

struct Scene {
  testing::TempFolder folder;
  std::unique_ptr<async::Clock> clock = async::make_real_clock();
  net::OsRandom random;
  fakes::CountingMetrics metrics;
  Logger log = Logger::silent();
  RoleChain::World world{process_loop().get_executor(), *clock, random, metrics, log};
  std::unique_ptr<RoleChain> chain;
  RoleRegistrySettings settings{.network = NetworkId(-239),
                                .address = "0:" + std::string(64, 'a'),
                                .file = {},
                                .floor_file = folder / "registry-floor.json",
                                .reading_age_max = std::chrono::minutes(15)};

  Scene() {
    std::ofstream(folder / "global.config.json") << kGlobalConfig;
    chain = RoleChain::start(world, {.network = NetworkId(-239),
                                     .global_config = folder / "global.config.json",
                                     .trusted = std::nullopt,
                                     .anchor_file = {},
                                     .head_age_max = std::chrono::minutes(15)})
                .value();
  }
  [[nodiscard]] Result<std::unique_ptr<RoleRegistry>> start() {
    return RoleRegistry::start(world, *chain, settings);
  }
};

TEST_CASE("without any lite-server there is no registry, and the reason is told") {
  Scene scene;
  const auto registry = scene.start();
  REQUIRE(registry.has_value());
  CHECK_EQ((*registry)->trouble(), "the registry has not been read yet");
  CHECK_FALSE((*registry)->port().current().has_value());
}

TEST_CASE("a registry read from a file is refused off the devnet") {
  Scene scene;
  scene.settings.address.clear();
  scene.settings.file = scene.folder / "registry.toml";
  const auto registry = scene.start();
  REQUIRE_FALSE(registry.has_value());
  CHECK(registry.error().message().contains("devnet only"));
}

TEST_CASE("a floor file that is none stops the role with its path") {
  Scene scene;
  std::ofstream(scene.settings.floor_file) << "{}";
  const auto registry = scene.start();
  REQUIRE_FALSE(registry.has_value());
  CHECK(registry.error().message().contains("registry-floor.json"));
}

}  // namespace
}  // namespace cocoon::apps
