#pragma once

#include <cstddef>

namespace cocoon::ton {

inline constexpr std::size_t kCellBitsMax = 1023;
inline constexpr std::size_t kCellBytesMax = 128;
inline constexpr std::size_t kCellRefsMax = 4;
// Depth of any cell: what the network itself allows (CellTraits::max_depth of the reference node).
// It also bounds how deep destroying a tree of cells recurses.
inline constexpr std::size_t kCellDepthMax = 1024;

// A bag of cells. Accounts have at most 65,536 cells (config param 43), proofs far fewer.
inline constexpr std::size_t kBocBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kBocCellsMax = std::size_t{1} << 17U;
inline constexpr std::size_t kBocRootsMax = 256;

}  // namespace cocoon::ton
