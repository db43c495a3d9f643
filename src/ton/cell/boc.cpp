#include "ton/cell/boc.h"

#include "ton/cell/bits.h"
#include "ton/cell/boc_header.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

// A cell as stored, before its references exist.
struct StoredCell {
  CellForm form = CellForm::kOrdinary;
  LevelMask mask;
  BytesView hashes;  // stored ones, hash_count × 32 bytes; empty if none are
  BytesView depths;
  BytesView data;
  std::size_t bits = 0;
  std::size_t ref_count = 0;
  std::array<std::size_t, kCellRefsMax> refs{};
};

// The number of bits before the completion tag: the last 1 and the zeros after it.
Result<std::size_t> untagged_bits(BytesView data) {
  const auto last = std::to_integer<unsigned>(data.back());
  if (last == 0) return malformed("a cell without its completion tag");
  return data.size() * 8 - static_cast<std::size_t>(std::countr_zero(last)) - 1;
}

Result<StoredCell> read_cell(Reader& reader, std::size_t number, const BocLayout& layout) {
  TRY(const std::uint8_t d1, reader.u8());
  TRY(const std::uint8_t d2, reader.u8());
  StoredCell cell;
  cell.ref_count = d1 & 7U;
  cell.form = (d1 & 8U) != 0 ? CellForm::kExotic : CellForm::kOrdinary;
  cell.mask = LevelMask(d1 >> 5U);
  if (cell.ref_count > kCellRefsMax)
    return malformed("a cell that is absent or has too many references");
  if ((d1 & 16U) != 0) {
    TRY(cell.hashes, reader.take(cell.mask.hash_count() * std::size_t{32}));
    TRY(cell.depths, reader.take(cell.mask.hash_count() * std::size_t{2}));
  }
  TRY(cell.data, reader.take((d2 + 1U) / 2U));
  cell.bits = cell.data.size() * 8;
  if (d2 % 2 != 0) {
    TRY(cell.bits, untagged_bits(cell.data));
    if (cell.bits / 8 != d2 / 2U)
      return malformed("a cell with a completion tag in the wrong byte");
  }
  for (std::size_t i = 0; i < cell.ref_count; ++i) {
    TRY(cell.refs[i], read_number(reader, layout.ref_bytes));
    if (cell.refs[i] <= number || cell.refs[i] >= layout.cells) {
      return malformed("a reference that does not lead forward in the bag");
    }
  }
  return cell;
}

// An index entry is where the cell ends; with cache bits, that doubled plus a hint.
Status check_index(const BocLayout& layout, std::size_t number, std::size_t end) {
  if (!layout.has_index) return {};
  Reader reader(layout.index.subspan(number * layout.offset_bytes));
  TRY(std::uint64_t entry, read_number(reader, layout.offset_bytes));
  if (layout.has_cache_bits) entry /= 2;
  if (entry != end) return malformed("an index of a bag of cells that is wrong");
  return {};
}

Status check_stored_hashes(const StoredCell& stored, const Cell& cell) {
  if (stored.hashes.empty()) return {};
  // A pruned branch has one computed hash: the others are its data.
  unsigned index = 0;
  for (unsigned level = 0; level <= cell.level_mask().level(); ++level) {
    if (!cell.level_mask().is_significant(level)) continue;
    const BytesView hash = stored.hashes.subspan(index * std::size_t{32}, 32);
    const auto depth = bits_at(stored.depths, index * std::size_t{16}, 16);
    if (!equal(hash, cell.hash(level).view()) || depth != cell.depth(level)) {
      return malformed("a stored hash that is wrong");
    }
    ++index;
  }
  return {};
}

Result<CellRef> make_cell(const StoredCell& stored, const std::vector<CellRef>& cells) {
  std::array<CellRef, kCellRefsMax> refs;
  for (std::size_t i = 0; i < stored.ref_count; ++i) refs[i] = cells[stored.refs[i]];
  TRY(CellRef cell,
      Cell::create(stored.form, stored.data, stored.bits, std::span(refs).first(stored.ref_count)));
  if (cell->level_mask() != stored.mask) return malformed("a cell that states the wrong level");
  TRY_VOID(check_stored_hashes(stored, *cell));
  return cell;
}

}  // namespace

Result<std::vector<CellRef>> parse_boc(BytesView bytes, const BocLimits& limits) {
  TRY(const BocLayout layout, parse_boc_layout(bytes, limits));
  if (layout.cells * 2 > layout.data.size())
    return malformed("a bag with fewer bytes than its cells need");
  std::vector<StoredCell> stored;
  stored.reserve(layout.cells);
  std::vector<bool> reached(layout.cells, false);
  for (const std::size_t root : layout.root_numbers) reached[root] = true;
  Reader reader(layout.data);
  for (std::size_t i = 0; i < layout.cells; ++i) {
    TRY(stored.emplace_back(), read_cell(reader, i, layout));
    TRY_VOID(check_index(layout, i, layout.data.size() - reader.remaining()));
    if (!reached[i]) return malformed("a cell that no root reaches");
    for (std::size_t r = 0; r < stored[i].ref_count; ++r) reached[stored[i].refs[r]] = true;
  }
  if (!reader.at_end()) return malformed("bytes after the last cell of a bag");
  std::vector<CellRef> cells(layout.cells);
  for (std::size_t i = layout.cells; i-- > 0;) {
    TRY(cells[i], make_cell(stored[i], cells));
  }
  std::vector<CellRef> roots;
  roots.reserve(layout.root_numbers.size());
  for (const std::size_t root : layout.root_numbers) roots.push_back(cells[root]);
  return roots;
}

Result<CellRef> parse_boc_root(BytesView bytes, const BocLimits& limits) {
  TRY(auto roots, parse_boc(bytes, limits));
  if (roots.size() != 1) return malformed("a bag of cells with more than one root");
  return std::move(roots.front());
}

}  // namespace cocoon::ton
