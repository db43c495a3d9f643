#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "provenance/error.h"

namespace cocoon::provenance::log {

// A tile is up to 256 nodes of a Merkle tree side by side (C2SP tlog-tiles, "Merkle Tree").
inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr unsigned kTileHeight = 8;  // a tile's root is a node this many levels up
inline constexpr std::uint8_t kTileLevelMax = 63;
// Tile levels that a tree of 64-bit size can have.
inline constexpr std::uint8_t kTreeLevels = 8;

// Which tile, and how much of it: nodes [index × 256, index × 256 + width) of level 8 × `level`.
struct TileId {
  enum class Kind : std::uint8_t { kHashes, kEntries };
  Kind kind = Kind::kHashes;
  std::uint8_t level = 0;  // 0 for entries
  std::uint64_t index = 0;
  std::uint16_t width = kTileWidth;  // 1 to 256

  [[nodiscard]] bool is_full() const { return width == kTileWidth; }
  // "tile/0/x001/x234/067", "tile/entries/000.p/17": where the tile lies below the log's prefix
  // (C2SP tlog-tiles, "Parameters").
  [[nodiscard]] std::string path() const;
  // The tile of this path; kMalformed unless path() would give exactly it.
  [[nodiscard]] static Result<TileId> parse(std::string_view path);

  friend bool operator==(const TileId&, const TileId&) = default;
};

}  // namespace cocoon::provenance::log
