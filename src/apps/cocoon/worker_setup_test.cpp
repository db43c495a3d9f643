#include "apps/cocoon/worker_setup.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "apps/cocoon/ton_address.h"
#include "attest/worker_config.h"
#include "chain/registry_toml.h"
#include "tests/support/temp_folder.h"
#include "ton/block/address.h"

using namespace cocoon;
using namespace cocoon::apps;

namespace {

// The address of 32 bytes of zeros in workchain 0, bounceable, and one digit of it changed.
constexpr const char* kOwner = "EQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM9c";
constexpr const char* kMistypedOwner = "EQAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAM9c";

std::string content(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

// A folder with all that a setup reads: an engine, a model, and a registry that lists it.
struct Machine {
  testing::TempFolder folder;
  WorkerSetup setup;
  std::vector<std::string> asked;
  std::vector<std::string> contracts_read;
  std::vector<std::string> answers;  // given from the front; then the input has ended

  Machine() {
    std::filesystem::create_directories(folder / "bin");
    std::ofstream(folder / "bin/llama-server") << "engine";
    std::ofstream(folder / "small.gguf") << "GGUF of a test";
    std::filesystem::copy_file("packaging/networks/mainnet.config.json",
                               folder / "global.config.json");
    write_registry(engine::hash_for_registry(folder / "small.gguf").value().hash);
    setup.config = folder / "etc/worker.toml";
    setup.owner = kOwner;
    setup.model = folder / "small.gguf";
    setup.registry = (folder / "registry.toml").string();
    setup.programs = folder / "bin";
  }
  void write_registry(const ModelHash& model) {
    registry::Snapshot snapshot;
    snapshot.network = kDevnetNetworkId;
    snapshot.policy.network = kDevnetNetworkId;
    snapshot.policy.trusted_blocks = {trusted_block_of(folder / "global.config.json").value()};
    snapshot.policy.statement_age_max =
        snapshot.parameters.key_epoch + snapshot.parameters.key_grace;
    snapshot.models.push_back({.name = "Small", .hash = model});
    snapshot.proxies.push_back({.name = "one", .key = {}, .host = "proxy.example", .port = 11000});
    std::ofstream(folder / "registry.toml") << chain::write_registry_toml(snapshot);
  }
  Result<WorkerSetupDone> run() {
    return set_up_worker(
        setup,
        [this](std::string_view question, std::string_view) -> std::optional<std::string> {
          asked.emplace_back(question);
          if (answers.empty()) return std::nullopt;
          std::string answer = answers.front();
          answers.erase(answers.begin());
          return answer;
        },
        [this](const std::string& address, const std::filesystem::path& global_config) {
          contracts_read.push_back(address + " " + global_config.filename().string());
          return chain::parse_registry_toml(as_bytes(content(folder / "registry.toml")));
        },
        {});
  }
};

}  // namespace

TEST_CASE("flags alone make a configuration that the worker reads") {
  Machine machine;
  const auto done = machine.run();
  REQUIRE(done.has_value());
  CHECK(machine.asked.empty());
  CHECK_EQ(done->model_name, "Small");
  CHECK_EQ(done->proxies, std::vector<std::string>{"proxy.example:11000"});
  CHECK_EQ(done->next, "cocoon worker run --config " + machine.setup.config.string());

  const auto config = attest::parse_worker_config(as_bytes(content(machine.setup.config)));
  REQUIRE(config.has_value());
  CHECK_EQ(config->owner_address, kOwner);
  CHECK_EQ(config->model.name, "Small");
  CHECK_EQ(config->model.path, machine.setup.model.string());
  CHECK_EQ(config->engine.program, (machine.folder / "bin/llama-server").string());
  CHECK_EQ(config->chain.global_config, (machine.folder / "global.config.json").string());
  CHECK_EQ(config->chain.trusted.seqno.value(), 59379986);
  CHECK_EQ(config->chain.trusted.root_hash.hex(),
           "4a46b58c0ee1187f7a904fb27363e8dd2c49dc3a8c695632d52205201f1e69a9");
  CHECK(std::filesystem::is_directory(config->state_dir));
}

TEST_CASE("a registry contract's address goes into the configuration in its one spelling") {
  Machine machine;
  const std::string raw = "0:" + std::string(64, 'a');
  const ton::Address address = ton::parse_address(raw)->address;
  std::filesystem::create_directories(machine.folder / "etc");
  std::filesystem::copy_file(machine.folder / "global.config.json",
                             machine.folder / "etc/global.config.json");
  machine.setup.registry =
      ton::friendly_address(address, ton::Bounce::kBounceable, ton::AddressNet::kTestnet);
  REQUIRE(machine.run().has_value());
  CHECK_EQ(machine.contracts_read, std::vector<std::string>{raw + " global.config.json"});
  const auto config = attest::parse_worker_config(as_bytes(content(machine.setup.config)));
  REQUIRE(config.has_value());
  CHECK_EQ(config->registry_address, raw);
  CHECK(config->registry_file.empty());
}

TEST_CASE("what no flag gives is asked for, and asked again after a wrong answer") {
  Machine machine;
  machine.setup.owner.reset();
  machine.answers = {kMistypedOwner, kOwner, "/no/such/registry", machine.setup.registry,
                     machine.setup.model.string()};
  machine.setup.registry.clear();
  machine.setup.model.clear();
  REQUIRE(machine.run().has_value());
  REQUIRE_EQ(machine.asked.size(), 5);
  CHECK(machine.asked[1].contains("checksum"));
  CHECK(machine.asked[3].contains("no registry file at /no/such/registry"));
}

TEST_CASE("nobody to ask: the missing flag is named and nothing is written") {
  Machine machine;
  const char* flag = nullptr;
  SUBCASE("owner") {
    machine.setup.owner.reset();
    flag = "--owner";
  }
  SUBCASE("model") {
    machine.setup.model.clear();
    flag = "--model";
  }
  SUBCASE("registry") {
    machine.setup.registry.clear();
    flag = "--registry";
  }
  const auto done = machine.run();
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message().contains(flag));
  CHECK_FALSE(std::filesystem::exists(machine.setup.config));
}

TEST_CASE("a configuration that is there is replaced only with consent") {
  Machine machine;
  std::filesystem::create_directories(machine.folder / "etc");
  std::ofstream(machine.setup.config) << "mine";
  SUBCASE("nobody to ask") { CHECK_FALSE(machine.run().has_value()); }
  SUBCASE("asked, no") {
    machine.answers = {"no"};
    CHECK_FALSE(machine.run().has_value());
  }
  SUBCASE("asked, Enter") {
    machine.answers = {""};
    CHECK_FALSE(machine.run().has_value());
  }
  SUBCASE("asked, yes") {
    machine.answers = {"yes"};
    CHECK(machine.run().has_value());
    CHECK_NE(content(machine.setup.config), "mine");
    return;
  }
  SUBCASE("--yes") {
    machine.setup.overwrite = WorkerSetup::Overwrite::kYes;
    CHECK(machine.run().has_value());
    CHECK_NE(content(machine.setup.config), "mine");
    return;
  }
  CHECK_EQ(content(machine.setup.config), "mine");
}

TEST_CASE("a model that the registry does not list is refused with its hash") {
  Machine machine;
  ModelHash other;
  machine.write_registry(other);
  const auto done = machine.run();
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message().contains(
      engine::hash_for_registry(machine.setup.model).value().hash.hex()));
  CHECK(done.error().message().contains("Small"));
}

TEST_CASE(
    "a place whose name the worker's configuration may not hold is refused before anything is "
    "written") {
  Machine machine;
  const std::filesystem::path odd = machine.folder / "it's.gguf";
  std::filesystem::rename(machine.setup.model, odd);
  machine.setup.model = odd;
  machine.write_registry(engine::hash_for_registry(odd).value().hash);
  CHECK_FALSE(machine.run().has_value());
  CHECK_FALSE(std::filesystem::exists(machine.setup.config));
}

TEST_CASE("without an engine or a network there is no worker to set up") {
  Machine machine;
  SUBCASE("engine") { std::filesystem::remove(machine.folder / "bin/llama-server"); }
  SUBCASE("no global configuration") {
    std::filesystem::remove(machine.folder / "global.config.json");
  }
  SUBCASE("an unusable global configuration") {
    std::ofstream(machine.folder / "global.config.json") << "{}";
  }
  SUBCASE("a network whose trusted block the registry does not list") {
    std::filesystem::remove(machine.folder / "global.config.json");
    std::filesystem::copy_file("tests/data/ton/mainnet.config.json",
                               machine.folder / "global.config.json");
  }
  SUBCASE("an unusable registry") { std::ofstream(machine.setup.registry) << "network = -239\n"; }
  CHECK_FALSE(machine.run().has_value());
}

TEST_CASE("TON addresses are checked by form and checksum") {
  CHECK(check_ton_address(kOwner).has_value());
  CHECK(check_ton_address("0:" + std::string(64, 'a')).has_value());
  CHECK(check_ton_address("-1:" + std::string(64, '5')).has_value());
  // The elector of the masterchain, bounceable and not, in either alphabet.
  CHECK(check_ton_address("Ef8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM0vF").has_value());
  CHECK(check_ton_address("Uf8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMxYA").has_value());
  for (const std::string_view wrong :
       {"", "EQA", kMistypedOwner, "EQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM9!", "1:aa"}) {
    CAPTURE(wrong);
    CHECK_FALSE(check_ton_address(wrong).has_value());
  }
  CHECK_FALSE(check_ton_address("0:" + std::string(64, 'g')).has_value());
}
