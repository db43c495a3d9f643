#include "chain/light_client.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "chain/anchor_file.h"
#include "tests/support/temp_folder.h"

namespace cocoon::chain {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  REQUIRE(stream.good());
  return {std::istreambuf_iterator<char>(stream), {}};
}

ton::BlockId block_of(std::uint32_t seqno) {
  ton::BlockId id{ton::kMasterchain, ton::kWholeShard, seqno, {}, {}};
  ByteArray<32> hash{static_cast<std::byte>(seqno)};
  id.root_hash = ton::CellHash(hash);
  return id;
}

TEST_CASE("the public configuration of TON is read") {
  const LiteNetwork network =
      parse_global_config(text_of("tests/data/ton/mainnet.config.json")).value();
  CHECK(network.servers.size() == 18);
  CHECK(network.servers[0].host == "5.9.10.47");
  CHECK(network.servers[0].port == 19949);
  CHECK(network.servers[2].host == "135.181.177.59");  // a negative number there
  CHECK(network.trusted.seqno == 46894135);
}

TEST_CASE("the shipped configuration is pinned at the newest recorded key block") {
  const LiteNetwork network =
      parse_global_config(text_of("packaging/networks/mainnet.config.json")).value();
  CHECK(network.trusted.seqno == 59379986);
  CHECK(network.trusted.root_hash.hex() ==
        "4a46b58c0ee1187f7a904fb27363e8dd2c49dc3a8c695632d52205201f1e69a9");
}

TEST_CASE("configurations without servers or without a masterchain block are refused") {
  const std::string whole = text_of("tests/data/ton/mainnet.config.json");
  const auto refused = [&](std::string_view what, std::string_view instead) {
    std::string changed = whole;
    const std::size_t at = changed.find(what);
    REQUIRE(at != std::string::npos);
    changed.replace(at, what.size(), instead);
    return !parse_global_config(changed).has_value();
  };
  CHECK_FALSE(parse_global_config("{}").has_value());
  CHECK_FALSE(parse_global_config(R"({"liteservers": []})").has_value());
  CHECK(refused("\"liteservers\"", "\"others\""));
  CHECK(refused("\"port\": 19949", "\"port\": 0"));
  CHECK(refused("n4VDnSCUuSpjnCyUk9e3QOOd6o0ItSWYbTnW3Wnn8wk=", "AAAA"));
  CHECK(refused("\"init_block\"", "\"other_block\""));
}

TEST_CASE("an anchor file keeps the key blocks of its trusted block only") {
  const testing::TempFolder folder;
  const auto file = folder.path() / "anchor.json";
  const ton::BlockId trusted = block_of(1);
  CHECK(load_anchors(file, trusted).value().empty());
  const std::vector<ton::BlockId> kept{block_of(5), block_of(9)};
  REQUIRE(store_anchors(file, trusted, kept).has_value());
  CHECK(load_anchors(file, trusted).value() == kept);
  CHECK(load_anchors(file, block_of(2)).value().empty());
  REQUIRE(store_anchors(file, trusted, {block_of(9), block_of(5)}).has_value());
  CHECK_FALSE(load_anchors(file, trusted).has_value());
  std::ofstream(file) << "{\"version\": 2}";
  CHECK_FALSE(load_anchors(file, trusted).has_value());
}

}  // namespace
}  // namespace cocoon::chain
