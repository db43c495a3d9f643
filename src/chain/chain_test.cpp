#include <doctest/doctest.h>

#include <filesystem>

#include "chain/file_registry.h"
#include "chain/registry_toml.h"
#include "files/small_files.h"
#include "tdxsim/fixture.h"
#include "tests/support/resource_limit.h"

using namespace cocoon;
using namespace cocoon::chain;
using namespace std::chrono_literals;

namespace {

// A folder that is gone at the end of its test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cocoon-chain-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

Status write(const std::filesystem::path& file, std::string_view text) {
  return files::replace_file(file, as_bytes(text), files::FileMode::kPublic,
                             files::Durability::kCached);
}

registry::Snapshot sample() {
  const tdxsim::WorkerFixture fixture = tdxsim::make_worker_fixture();
  registry::Snapshot out;
  out.network = kDevnetNetworkId;
  out.policy = fixture.policy;
  out.models = {{.name = "test-model", .hash = fixture.statement.model_hash}};
  out.proxies = {
      {.name = "p1", .key = fixture.statement.identity_key, .host = "127.0.0.1", .port = 11000}};
  out.parameters.key_epoch = 600s;
  out.parameters.statement_block_interval = 12;
  out.parameters.price_floor = NanoTon::parse("0.05").value();
  return out;
}

Result<registry::Snapshot> parse(const std::string& text) {
  return parse_registry_toml(as_bytes(text));
}

std::string changed(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  REQUIRE_NE(at, std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a registry reads back as it was written") {
  const registry::Snapshot before = sample();
  const std::string text = write_registry_toml(before);
  const registry::Snapshot after = parse(text).value();
  CHECK_EQ(write_registry_toml(after), text);
  CHECK_EQ(after.policy.hash(), before.policy.hash());
  CHECK(after.policy.trusted_blocks == before.policy.trusted_blocks);
  CHECK_EQ(after.models.at(0).hash, before.models[0].hash);
  CHECK_EQ(after.proxies.at(0).key, before.proxies[0].key);
  CHECK_EQ(after.proxies.at(0).port, 11000);
  CHECK_EQ(after.parameters.key_epoch, 600s);
  CHECK_EQ(after.parameters.key_grace, 600s);
  CHECK_EQ(after.parameters.statement_block_interval, 12);
  CHECK_EQ(after.parameters.price_floor.nano(), 50'000'000);
}

TEST_CASE("a registry file counts on the devnet only") {
  const std::string text = write_registry_toml(sample());
  CHECK(
      parse(changed(text, "network = -777", "network = -239")).error().is(ChainError::kForbidden));
  Folder folder;
  const auto file = folder.path / "registry.toml";
  REQUIRE(write(file, text).has_value());
  CHECK(FileRegistry::open(file, NetworkId(-239)).error().is(ChainError::kForbidden));
  CHECK(FileRegistry::open(file, kDevnetNetworkId).has_value());
}

TEST_CASE("registry files outside the closed schema are refused with the key") {
  const std::string text = write_registry_toml(sample());
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"skip_verification = true\n" + text, "skip_verification: unknown key"},
      {changed(text, "[attestation]", "[attestation]\nfake = true"), "attestation.fake"},
      {changed(text, "[parameters]", "[parameters]\nfake = 1"), "parameters.fake"},
      {changed(text, "\nseqno = 1\n", "\nseqno = -1\n"), "attestation.trusted_blocks[0].seqno"},
      {changed(text, "\nseqno = 1\n", "\nseqno = 1\nfake = 1\n"),
       "attestation.trusted_blocks[0].fake"},
      {changed(text, "key_epoch = \"600s\"", "key_epoch = 600"), "parameters.key_epoch"},
      {changed(text, "key_epoch = \"600s\"", "key_epoch = \"1500ms\""), "parameters.key_epoch"},
      {changed(text, "key_epoch = \"600s\"", "key_epoch = \"31d\""), "parameters.key_epoch"},
      {changed(text, "interval = 12", "interval = 0"), "parameters.statement_block_interval"},
      {changed(text, "port = 11000", "port = 0"), "proxies[0].port"},
      {changed(text, "port = 11000", "port = 1\nfake = 1"), "proxies[0].fake"},
      {changed(text, "\nhash = \"", "\nhash = \"00"), "models[0].hash"},
      {changed(text, "roots = [\n", "roots = [\n  \"00\",\n"), "attestation.roots"},
      {text + "\n[[models]]\nname = \"test-model\"\nhash = \"" + std::string(64, '0') + "\"\n",
       "models: a name occurs twice"},
      {"network = -777\n", "attestation: missing"},
  };
  for (const auto& tried : cases) {
    CAPTURE(tried.says);
    const auto snapshot = parse(tried.text);
    REQUIRE_FALSE(snapshot.has_value());
    CAPTURE(snapshot.error().message());
    CHECK(snapshot.error().is(ChainError::kMalformed));
    CHECK(snapshot.error().message().contains(tried.says));
  }
}

TEST_CASE("an edited registry takes force, and a bad edit leaves the last good one") {
  Folder folder;
  const auto file = folder.path / "registry.toml";
  registry::Snapshot snapshot = sample();
  REQUIRE(write(file, write_registry_toml(snapshot)).has_value());
  const auto registry = FileRegistry::open(file, kDevnetNetworkId).value();
  const auto first = registry->current().value();
  CHECK_EQ(registry->current().value(), first);

  snapshot.models[0].name = "other";
  REQUIRE(write(file, write_registry_toml(snapshot)).has_value());
  const auto second = registry->current().value();
  CHECK_EQ(second->models[0].name, "other");
  CHECK_EQ(first->models[0].name, "test-model");

  REQUIRE(write(file, "network = -239\n").has_value());
  CHECK_EQ(registry->current().value(), second);
  REQUIRE(registry->last_error().has_value());
  CHECK(registry->last_error()->is(ChainError::kForbidden));
  std::filesystem::remove(file);
  CHECK_EQ(registry->current().value(), second);
  CHECK(registry->last_error()->is(files::FileError::kUnreadable));

  REQUIRE(write(file, write_registry_toml(snapshot)).has_value());
  CHECK_NE(registry->current().value(), second);
  CHECK_FALSE(registry->last_error().has_value());
}

TEST_CASE("an edit that could not be read for want of descriptors takes force later") {
  Folder folder;
  const auto file = folder.path / "registry.toml";
  registry::Snapshot snapshot = sample();
  REQUIRE(write(file, write_registry_toml(snapshot)).has_value());
  const auto registry = FileRegistry::open(file, kDevnetNetworkId).value();
  snapshot.models[0].name = "other";
  REQUIRE(write(file, write_registry_toml(snapshot)).has_value());
  {
    const testing::ResourceLimit limit(RLIMIT_NOFILE, 0);
    CHECK_EQ(registry->current().value()->models[0].name, "test-model");
    CHECK(registry->last_error()->is(files::FileError::kUnreadable));
  }
  CHECK_EQ(registry->current().value()->models[0].name, "other");
  CHECK_FALSE(registry->last_error().has_value());
}

TEST_CASE("a missing or oversized file cannot be opened") {
  Folder folder;
  CHECK(FileRegistry::open(folder.path / "none", kDevnetNetworkId)
            .error()
            .is(files::FileError::kUnreadable));
  REQUIRE(write(folder.path / "big", std::string(kRegistryFileBytesMax + 1, '#')).has_value());
  CHECK(FileRegistry::open(folder.path / "big", kDevnetNetworkId)
            .error()
            .is(files::FileError::kTooLong));
}
