#include "apps/common/role_chain.h"

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
  std::vector<std::string> lines;
  Logger log{LogLevel::kInfo, [this](std::string_view line) { lines.emplace_back(line); }};

  [[nodiscard]] RoleChainSettings settings(std::string_view global_config) const {
    std::ofstream(folder / "global.config.json") << global_config;
    return {.network = kDevnetNetworkId,
            .global_config = folder / "global.config.json",
            .trusted = std::nullopt,
            .anchor_file = folder / "anchor.json",
            .head_age_max = std::chrono::minutes(15)};
  }
  [[nodiscard]] Result<std::unique_ptr<RoleChain>> start(const RoleChainSettings& settings) {
    // As in a program, the loop outlives what waits on it.
    return RoleChain::start({process_loop().get_executor(), *clock, random, metrics, log},
                            settings);
  }
};

TEST_CASE("a role starts without any lite-server, and says why it can judge nothing") {
  Scene scene;
  const auto chain = scene.start(scene.settings(kGlobalConfig));
  REQUIRE(chain.has_value());
  CHECK_EQ((*chain)->trouble(), "no block of the chain is proven yet");
  while (scene.lines.empty()) process_loop().run_one();
  CHECK(scene.lines.front().contains("chain.sync_failed"));
  CHECK_EQ((*chain)->trouble(),
           "no block of the chain is proven yet: no connection to the lite-server");
  CHECK_EQ(scene.metrics.value(ports::Gauge::kLiteServersLive), 0);
}

TEST_CASE("files that a role cannot follow the chain by are refused with their path") {
  Scene scene;
  RoleChainSettings settings = scene.settings(kGlobalConfig);
  const char* says = "global.config.json";
  SUBCASE("no global configuration") { std::filesystem::remove(settings.global_config); }
  SUBCASE("a global configuration without servers") { settings = scene.settings("{}"); }
  SUBCASE("an anchor file that is none") {
    std::ofstream(settings.anchor_file) << "{}";
    says = "anchor.json";
  }
  const auto chain = scene.start(settings);
  REQUIRE_FALSE(chain.has_value());
  CAPTURE(chain.error().message());
  CHECK(chain.error().message().contains(says));
}

TEST_CASE("an anchor of another trusted block than the role's own is not gone by") {
  Scene scene;
  RoleChainSettings settings = scene.settings(kGlobalConfig);
  // It would be refused if it were read on: an entry that is no block.
  std::ofstream(settings.anchor_file)
      << R"({"version": 1, "trusted": {"seqno": 1, "root_hash": ")" << std::string(64, '1')
      << R"(", "file_hash": ")" << std::string(64, '2') << R"("}, "key_blocks": [7]})";
  CHECK_FALSE(scene.start(settings).has_value());
  settings.trusted = attest::TrustedBlock{.seqno = Seqno(2), .root_hash = {}, .file_hash = {}};
  CHECK(scene.start(settings).has_value());
}

}  // namespace
}  // namespace cocoon::apps
