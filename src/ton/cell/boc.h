#pragma once

#include <span>
#include <vector>

#include "ton/cell/cell.h"

namespace cocoon::ton {

struct BocLimits {
  std::size_t bytes = kBocBytesMax;
  std::size_t cells = kBocCellsMax;
  std::size_t roots = kBocRootsMax;
};

// Reads a bag of cells (tl/boc.tlb: serialized_boc#b5ee9c72, serialized_boc_idx#68ff65f3,
// serialized_boc_idx_crc32c#acc3a728), any combination of index, cache bits, CRC-32C and stored
// hashes. Refuses absent cells, a reference backward, an index or stored hash that is wrong, cells
// that no root reaches, trailing bytes, and whatever is over a limit. Returns the roots, at least
// one.
[[nodiscard]] Result<std::vector<CellRef>> parse_boc(BytesView bytes, const BocLimits& limits = {});
// The same for a bag with exactly one root.
[[nodiscard]] Result<CellRef> parse_boc_root(BytesView bytes, const BocLimits& limits = {});

enum class BocHeader : std::uint8_t {
  kGeneric,            // b5ee9c72
  kGenericCrc,         // b5ee9c72 with CRC-32C
  kGenericIndexedCrc,  // b5ee9c72 with index, cache bits and CRC-32C
  kIndexed,            // 68ff65f3; one root
  kIndexedCrc,         // acc3a728; one root
};
// Each distinct cell once, parents before children, in the order in which @ton/core and the
// reference node write them: the roots' reverse postorder with the last reference visited first.
// kLimit beyond kBocCellsMax cells or for a header that has one root; `roots` are not null.
[[nodiscard]] Result<Bytes> write_boc(std::span<const CellRef> roots,
                                      BocHeader header = BocHeader::kGenericCrc);
[[nodiscard]] Result<Bytes> write_boc(const CellRef& root,
                                      BocHeader header = BocHeader::kGenericCrc);

}  // namespace cocoon::ton
