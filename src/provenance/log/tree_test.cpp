#include "provenance/log/tree.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace cocoon::provenance::log {
namespace {

MerkleHash leaf(std::size_t number) { return entry_leaf(as_bytes(std::to_string(number))); }

// A log whose full tiles lie in a map, as they would in files.
struct MapLog {
  GrowingTree tree;
  std::map<std::string, Bytes> files;
  std::vector<MerkleHash> leaves;

  void append(std::size_t number) {
    leaves.push_back(leaf(number));
    for (GrowingTree::FullTile& full : tree.append(leaves.back())) {
      CHECK(files.emplace(full.id.path(), std::move(full.hashes)).second);
    }
  }
  [[nodiscard]] FetchTile fetch() const {
    return [this](const TileId& id) -> Result<Bytes> {
      TileId full = id;
      full.width = kTileWidth;
      if (const auto file = files.find(full.path()); file != files.end()) {
        return Bytes(file->second.begin(), file->second.begin() + id.width * 32);
      }
      return tree.unfinished(id);
    };
  }
};

TEST_CASE("a growing tree has RFC 9162's root at every size") {
  MapLog log;
  CHECK(log.tree.head() == TreeHead{.size = 0, .root = merkle_root({})});
  for (std::size_t size = 1; size <= 1100; ++size) {
    log.append(size);
    if (size < 20 || size % 37 == 0 || size % 256 < 2) {
      CHECK(log.tree.head() == TreeHead{.size = size, .root = merkle_root(log.leaves)});
    }
  }
}

TEST_CASE("a tree of three tile levels keeps its root, its tiles and its proofs") {
  constexpr std::size_t kSize = 65536 + 256 + 3;
  MapLog log;
  for (std::size_t i = 0; i < kSize; ++i) log.append(i);
  CHECK(log.tree.head().root == merkle_root(log.leaves));
  CHECK(log.files.contains("tile/0/x000/000") == false);
  CHECK(log.files.contains("tile/0/256"));
  CHECK(log.files.contains("tile/1/000"));
  CHECK(log.files.size() == 257 + 1);

  const SubtreeRoot subtrees = subtrees_from_tiles(log.fetch(), kSize);
  for (const std::uint64_t index : {std::size_t{0}, std::size_t{255}, std::size_t{256},
                                    std::size_t{65535}, std::size_t{65536}, kSize - 1}) {
    const auto proof = merkle_inclusion_proof(subtrees, index, kSize);
    REQUIRE(proof.has_value());
    CHECK(verify_merkle_inclusion(log.tree.head().root, log.leaves[index], index, kSize, *proof));
  }
  for (const std::uint64_t older : {1UL, 255UL, 256UL, 40000UL, 65536UL, 65792UL, kSize}) {
    const auto proof = merkle_consistency_proof(subtrees, older, kSize);
    REQUIRE(proof.has_value());
    const MerkleHash old_root = merkle_root(std::span(log.leaves).first(older));
    CHECK(verify_merkle_consistency(old_root, older, log.tree.head().root, kSize, *proof));
  }
}

TEST_CASE("unfinished tiles are served at every width they have had, and no other") {
  MapLog log;
  for (std::size_t i = 0; i < 256 + 5; ++i) log.append(i);
  const auto five = log.tree.unfinished({.level = 0, .index = 1, .width = 5});
  REQUIRE(five.has_value());
  CHECK(five->size() == 5 * 32);
  CHECK(log.tree.unfinished({.level = 0, .index = 1, .width = 2})->size() == 2 * 32);
  CHECK(log.tree.unfinished({.level = 1, .index = 0, .width = 1})->size() == 32);
  for (const TileId& absent :
       {TileId{.level = 0, .index = 1, .width = 6}, TileId{.level = 0},
        TileId{.level = 0, .index = 2, .width = 1}, TileId{.level = 2, .index = 0, .width = 1},
        TileId{.level = 63, .index = 0, .width = 1},
        TileId{.kind = TileId::Kind::kEntries, .index = 1, .width = 5}}) {
    CHECK(log.tree.unfinished(absent).error().is(ProvenanceError::kNotThere));
  }
}

TEST_CASE("a tree restored from its tiles goes on as if it had never stopped") {
  MapLog log;
  for (const std::size_t size : {1UL, 255UL, 256UL, 257UL, 65536UL, 65536UL + 700}) {
    while (log.leaves.size() < size) log.append(log.leaves.size());
    auto restored = GrowingTree::restore(size, log.fetch());
    REQUIRE(restored.has_value());
    CHECK(restored->head() == log.tree.head());
    const auto expected = [&] {
      MapLog further = log;
      further.append(size);
      return further.tree.head();
    }();
    restored->append(leaf(size));
    CHECK(restored->head() == expected);
  }
}

TEST_CASE("refuses a tile that is too short for its width") {
  const FetchTile shortened = [](const TileId&) -> Result<Bytes> { return Bytes(31); };
  CHECK(subtrees_from_tiles(shortened, 3)(0, 2).error().is(ProvenanceError::kMalformed));
}

}  // namespace
}  // namespace cocoon::provenance::log
