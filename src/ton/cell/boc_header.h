#pragma once

#include <optional>

#include "base/reader.h"
#include "ton/cell/boc.h"

// Inside this room: what stands before the cells of a bag.
namespace cocoon::ton {

inline constexpr std::uint32_t kBocGeneric = 0xb5ee9c72;
inline constexpr std::uint32_t kBocIndexed = 0x68ff65f3;
inline constexpr std::uint32_t kBocIndexedCrc = 0xacc3a728;

struct BocLayout {
  bool has_index = false;
  bool has_crc = false;
  bool has_cache_bits = false;
  std::size_t ref_bytes = 0;     // of a cell number
  std::size_t offset_bytes = 0;  // of an index entry
  std::size_t cells = 0;
  std::size_t roots = 0;
  std::size_t data_bytes = 0;
  std::vector<std::size_t> root_numbers;
  BytesView index;
  BytesView data;  // the cells
};

// Everything but the cells themselves, checksum included.
[[nodiscard]] Result<BocLayout> parse_boc_layout(BytesView bytes, const BocLimits& limits);
// A big-endian number of 1 to 8 bytes.
[[nodiscard]] Result<std::uint64_t> read_number(Reader& reader, std::size_t bytes);

}  // namespace cocoon::ton
