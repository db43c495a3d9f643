#include "provenance/log/tree.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace cocoon::provenance::log {
namespace {

constexpr std::size_t kHashBytes = sizeof(MerkleHash);

Result<std::vector<MerkleHash>> hashes_of(const TileId& id, const FetchTile& fetch) {
  TRY(const Bytes bytes, fetch(id));
  if (bytes.size() != id.width * kHashBytes) {
    return fail(ProvenanceError::kMalformed, id.path() + " has the wrong length");
  }
  std::vector<MerkleHash> hashes(id.width);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * kHashBytes), kHashBytes,
                hashes[i].begin());
  }
  return hashes;
}

Bytes bytes_of(std::span<const MerkleHash> hashes) {
  Bytes out;
  out.reserve(hashes.size() * kHashBytes);
  for (const MerkleHash& hash : hashes) append(out, hash);
  return out;
}

// The tile of this level and index as it is in a tree of `tree_size` leaves.
TileId tile_in(std::uint8_t level, std::uint64_t index, std::uint64_t tree_size) {
  const std::uint64_t nodes = tree_size >> (level * kTileHeight);
  return {.level = level,
          .index = index,
          .width = static_cast<std::uint16_t>(std::min(kTileWidth, nodes - index * kTileWidth))};
}

// The root over complete subtrees, ever smaller from left to right.
MerkleHash join(const std::vector<MerkleHash>& complete) {
  if (complete.empty()) return merkle_root({});
  MerkleHash root = complete.back();
  for (std::size_t i = complete.size() - 1; i-- > 0;) root = merkle_node(complete[i], root);
  return root;
}

// The root of the complete subtree over leaves [begin, begin + 2^height).
Result<MerkleHash> complete_subtree(const FetchTile& fetch, std::uint64_t tree_size,
                                    std::uint64_t begin, unsigned height) {
  const auto level = static_cast<std::uint8_t>(height / kTileHeight);
  const std::uint64_t node = begin >> (level * kTileHeight);  // first one, in the tile's level
  const std::size_t count = std::size_t{1} << (height % kTileHeight);
  TRY(const std::vector<MerkleHash> hashes,
      hashes_of(tile_in(level, node / kTileWidth, tree_size), fetch));
  const std::size_t first = node % kTileWidth;
  if (first + count > hashes.size()) {
    return fail(ProvenanceError::kMalformed, "a subtree beyond the end of the tree");
  }
  return merkle_root(std::span(hashes).subspan(first, count));
}

}  // namespace

SubtreeRoot subtrees_from_tiles(FetchTile fetch, std::uint64_t tree_size) {
  return [fetch = std::move(fetch), tree_size](std::uint64_t begin,
                                               std::uint64_t end) -> Result<MerkleHash> {
    std::vector<MerkleHash> complete;
    while (begin < end) {
      const std::uint64_t size = std::bit_floor(end - begin);
      TRY(const MerkleHash root,
          complete_subtree(fetch, tree_size, begin, static_cast<unsigned>(std::countr_zero(size))));
      complete.push_back(root);
      begin += size;
    }
    return join(complete);
  };
}

Result<GrowingTree> GrowingTree::restore(std::uint64_t size, const FetchTile& fetch) {
  GrowingTree tree;
  tree.size_ = size;
  for (std::uint8_t level = 0; level < kTreeLevels; ++level) {
    const std::uint64_t nodes = size >> (level * kTileHeight);
    if (nodes == 0) break;
    tree.edge_.emplace_back();
    if (nodes % kTileWidth == 0) continue;
    TRY(tree.edge_.back(), hashes_of(tile_in(level, nodes / kTileWidth, size), fetch));
  }
  return tree;
}

std::vector<GrowingTree::FullTile> GrowingTree::append(const MerkleHash& leaf) {
  std::vector<FullTile> full;
  MerkleHash hash = leaf;
  for (std::uint8_t level = 0;; ++level) {
    if (level == edge_.size()) edge_.emplace_back();
    std::vector<MerkleHash>& edge = edge_[level];
    edge.push_back(hash);
    if (edge.size() < kTileWidth) break;
    hash = merkle_root(edge);
    full.push_back({.id = {.level = level, .index = (size_ >> (level * kTileHeight)) / kTileWidth},
                    .hashes = bytes_of(edge),
                    .root = hash});
    edge.clear();
  }
  ++size_;
  return full;
}

TreeHead GrowingTree::head() const {
  // Each level's unfinished tile stands to the right of all that the levels above it hold.
  std::vector<MerkleHash> complete;  // from left to right
  for (std::size_t level = edge_.size(); level-- > 0;) {
    const std::vector<MerkleHash>& edge = edge_[level];
    for (std::size_t first = 0; first < edge.size();) {
      const std::size_t count = std::bit_floor(edge.size() - first);
      complete.push_back(merkle_root(std::span(edge).subspan(first, count)));
      first += count;
    }
  }
  return {.size = size_, .root = join(complete)};
}

Result<Bytes> GrowingTree::unfinished(const TileId& id) const {
  const bool is_here = id.kind == TileId::Kind::kHashes && id.level < edge_.size() &&
                       id.index == (size_ >> (id.level * kTileHeight)) / kTileWidth &&
                       id.width <= edge_[id.level].size();
  if (!is_here) return fail(ProvenanceError::kNotThere, "the log has no such tile yet");
  return bytes_of(std::span(edge_[id.level]).first(id.width));
}

}  // namespace cocoon::provenance::log
