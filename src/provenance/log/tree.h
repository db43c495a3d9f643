#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "provenance/log/tile.h"
#include "provenance/merkle.h"

namespace cocoon::provenance::log {

// Size and root: all that a log promises about its entries.
struct TreeHead {
  std::uint64_t size = 0;  // leaves
  MerkleHash root{};
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// The leaf of a log entry (RFC 9162 §2.1.1).
[[nodiscard]] inline MerkleHash entry_leaf(BytesView entry) { return merkle_leaf({entry}); }

// Fetches the hashes of a tile, `width` × 32 bytes, from wherever they are kept.
using FetchTile = std::function<Result<Bytes>(const TileId&)>;

// Answers merkle_inclusion_proof and merkle_consistency_proof from the tiles of a tree of
// `tree_size` leaves, complete ones where they exist. kMalformed for a tile of the wrong length.
[[nodiscard]] SubtreeRoot subtrees_from_tiles(FetchTile fetch, std::uint64_t tree_size);

// A growing tree. It keeps the unfinished tile of each level, at most 255 hashes, and hands out
// each tile that becomes full.
class GrowingTree {
 public:
  struct FullTile {
    TileId id;
    Bytes hashes;
    MerkleHash root;  // the next level's hash number `id.index`
  };

  GrowingTree() = default;
  // The tree of `size` leaves, of which the unfinished tile of each level is fetched.
  [[nodiscard]] static Result<GrowingTree> restore(std::uint64_t size, const FetchTile& fetch);

  // Appends a leaf; gives the tiles that it filled, lowest level first.
  std::vector<FullTile> append(const MerkleHash& leaf);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] TreeHead head() const;
  // The unfinished tile of a level, as wide as `id` wants; kNotThere if that many hashes are not.
  [[nodiscard]] Result<Bytes> unfinished(const TileId& id) const;

 private:
  // The hashes of the last, unfinished tile of each tile level.
  std::vector<std::vector<MerkleHash>> edge_;
  std::uint64_t size_ = 0;
};

}  // namespace cocoon::provenance::log
