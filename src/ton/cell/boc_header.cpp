#include "ton/cell/boc_header.h"

#include "ton/cell/bits.h"
#include "ton/cell/crc.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

Result<BocLayout> parse_flags(Reader& reader) {
  TRY(const std::uint32_t magic, reader.u32());
  TRY(const std::uint8_t flags, reader.u8());
  BocLayout layout;
  if (magic == kBocGeneric) {
    layout.has_index = (flags & 0x80U) != 0;
    layout.has_crc = (flags & 0x40U) != 0;
    layout.has_cache_bits = (flags & 0x20U) != 0;
    if ((flags & 0x18U) != 0) return malformed("a bag of cells with unknown flags");
    layout.ref_bytes = flags & 0x07U;
  } else if (magic == kBocIndexed || magic == kBocIndexedCrc) {
    layout.has_index = true;
    layout.has_crc = magic == kBocIndexedCrc;
    layout.ref_bytes = flags;
  } else {
    return malformed("not a bag of cells");
  }
  if (layout.has_cache_bits && !layout.has_index) return malformed("cache bits without an index");
  TRY(layout.offset_bytes, reader.u8());
  if (layout.ref_bytes < 1 || layout.ref_bytes > 4 || layout.offset_bytes < 1 ||
      layout.offset_bytes > 8) {
    return malformed("a bag of cells with numbers of a wrong width");
  }
  return layout;
}

Status parse_counts(Reader& reader, BocLayout& layout, const BocLimits& limits, bool is_generic) {
  TRY(layout.cells, read_number(reader, layout.ref_bytes));
  TRY(layout.roots, read_number(reader, layout.ref_bytes));
  TRY(const std::uint64_t absent, read_number(reader, layout.ref_bytes));
  TRY(layout.data_bytes, read_number(reader, layout.offset_bytes));
  if (layout.cells > limits.cells || layout.roots > limits.roots) {
    return fail(TonError::kLimit, "a bag of too many cells");
  }
  if (layout.roots < 1 || layout.roots > layout.cells || absent != 0 ||
      (!is_generic && layout.roots != 1)) {
    return malformed("a bag of cells with impossible counts");
  }
  for (std::size_t i = 0; i < layout.roots; ++i) {
    std::uint64_t number = 0;
    if (is_generic) {
      TRY(number, read_number(reader, layout.ref_bytes));
    }
    if (number >= layout.cells) return malformed("a root that is not in the bag");
    layout.root_numbers.push_back(number);
  }
  return {};
}

}  // namespace

Result<std::uint64_t> read_number(Reader& reader, std::size_t bytes) {
  TRY(const BytesView taken, reader.take(bytes));
  return bits_at(taken, 0, bytes * 8);
}

Result<BocLayout> parse_boc_layout(BytesView bytes, const BocLimits& limits) {
  if (bytes.size() > limits.bytes) return fail(TonError::kLimit, "a bag of cells that is too long");
  Reader reader(bytes);
  TRY(BocLayout layout, parse_flags(reader));
  const bool is_generic = bits_at(bytes, 0, 32) == kBocGeneric;
  TRY_VOID(parse_counts(reader, layout, limits, is_generic));
  if (layout.has_index) {
    TRY(layout.index, reader.take(layout.cells * layout.offset_bytes));
  }
  TRY(layout.data, reader.take(layout.data_bytes));
  if (layout.has_crc) {
    TRY(const BytesView stored, reader.take(4));
    const std::uint32_t computed = crc32c(bytes.first(bytes.size() - reader.remaining() - 4));
    if (Reader(stored, Endian::kLittle).u32() != computed) {
      return malformed("the checksum of a bag of cells does not match");
    }
  }
  if (!reader.at_end()) return malformed("bytes after a bag of cells");
  return layout;
}

}  // namespace cocoon::ton
