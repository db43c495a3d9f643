#include <algorithm>
#include <unordered_map>

#include "base/reader.h"
#include "ton/cell/boc.h"
#include "ton/cell/boc_header.h"
#include "ton/cell/crc.h"

namespace cocoon::ton {
namespace {

// Every distinct cell below the roots, parents before children.
class CellOrder {
 public:
  [[nodiscard]] Status add_root(const Cell* root) {
    // A postorder walk with a stack of its own; the last reference is visited first.
    if (!visit(root)) return {};
    while (!path_.empty()) {
      auto& [cell, next] = path_.back();
      if (next == 0) {
        numbers_.insert_or_assign(cell->hash(), postorder_.size());
        postorder_.push_back(cell);
        path_.pop_back();
        continue;
      }
      const Cell* const child = cell->refs()[--next].get();
      (void)visit(child);
      if (numbers_.size() > kBocCellsMax)
        return fail(TonError::kLimit, "too many cells for one bag");
    }
    return {};
  }

  [[nodiscard]] std::size_t size() const { return postorder_.size(); }
  [[nodiscard]] const Cell& at(std::size_t number) const {
    return *postorder_[size() - 1 - number];
  }
  [[nodiscard]] std::size_t number_of(const Cell& cell) const {
    return size() - 1 - numbers_.at(cell.hash());
  }

 private:
  bool visit(const Cell* cell) {
    if (!numbers_.try_emplace(cell->hash(), 0).second) return false;
    path_.emplace_back(cell, cell->refs().size());
    return true;
  }

  std::vector<std::pair<const Cell*, std::size_t>> path_;
  std::vector<const Cell*> postorder_;
  std::unordered_map<CellHash, std::size_t> numbers_;
};

std::size_t bytes_for(std::size_t value) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::bit_width(value) + 7) / 8);
}

void put_number(Bytes& to, std::size_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;)
    to.push_back(static_cast<std::byte>((value >> (8 * i)) & 0xFFU));
}

struct Cells {
  Bytes data;
  std::vector<std::size_t> ends;
};

Cells write_cells(const CellOrder& order, std::size_t ref_bytes) {
  Cells out;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Cell& cell = order.at(i);
    out.data.push_back(cell.descriptor_1(cell.level_mask()));
    out.data.push_back(cell.descriptor_2());
    cell.append_tagged_data(out.data);
    for (const CellRef& ref : cell.refs()) put_number(out.data, order.number_of(*ref), ref_bytes);
    out.ends.push_back(out.data.size());
  }
  return out;
}

// How often each cell is referenced, for the cache bits.
std::vector<unsigned> count_uses(const CellOrder& order) {
  std::vector<unsigned> uses(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const CellRef& ref : order.at(i).refs()) ++uses[order.number_of(*ref)];
  }
  return uses;
}

void put_index(Bytes& to, const Cells& cells, const CellOrder& order, std::size_t bytes,
               BocHeader header) {
  const bool has_cache_bits = header == BocHeader::kGenericIndexedCrc;
  const std::vector<unsigned> uses = has_cache_bits ? count_uses(order) : std::vector<unsigned>{};
  for (std::size_t i = 0; i < cells.ends.size(); ++i) {
    put_number(to, has_cache_bits ? cells.ends[i] * 2 + (uses[i] > 1 ? 1 : 0) : cells.ends[i],
               bytes);
  }
}

std::uint32_t magic_of(BocHeader header) {
  switch (header) {
    case BocHeader::kGeneric:
    case BocHeader::kGenericCrc:
    case BocHeader::kGenericIndexedCrc:
      return kBocGeneric;
    case BocHeader::kIndexed:
      return kBocIndexed;
    case BocHeader::kIndexedCrc:
      return kBocIndexedCrc;
  }
  return kBocGeneric;
}

unsigned flags_of(BocHeader header) {
  switch (header) {
    case BocHeader::kGenericCrc:
      return 0x40;
    case BocHeader::kGenericIndexedCrc:
      return 0xE0;
    case BocHeader::kGeneric:
    case BocHeader::kIndexed:
    case BocHeader::kIndexedCrc:
      return 0;
  }
  return 0;
}

}  // namespace

Result<Bytes> write_boc(std::span<const CellRef> roots, BocHeader header) {
  const bool is_generic = magic_of(header) == kBocGeneric;
  if (roots.empty() || roots.size() > kBocRootsMax || (!is_generic && roots.size() != 1)) {
    return fail(TonError::kLimit, "a number of roots that this bag cannot have");
  }
  CellOrder order;
  for (const CellRef& root : roots) TRY_VOID(order.add_root(root.get()));
  const std::size_t ref_bytes = bytes_for(order.size());
  const Cells cells = write_cells(order, ref_bytes);
  const bool has_cache_bits = header == BocHeader::kGenericIndexedCrc;
  const std::size_t offset_bytes =
      bytes_for(cells.data.size() * (has_cache_bits ? 2 : 1) + (has_cache_bits ? 1 : 0));
  Bytes out = std::move(Writer().u32(magic_of(header))).take();
  out.push_back(static_cast<std::byte>(flags_of(header) | ref_bytes));
  out.push_back(static_cast<std::byte>(offset_bytes));
  put_number(out, order.size(), ref_bytes);
  put_number(out, roots.size(), ref_bytes);
  put_number(out, 0, ref_bytes);
  put_number(out, cells.data.size(), offset_bytes);
  if (is_generic) {
    for (const CellRef& root : roots) put_number(out, order.number_of(*root), ref_bytes);
  }
  if (header != BocHeader::kGeneric && header != BocHeader::kGenericCrc) {
    put_index(out, cells, order, offset_bytes, header);
  }
  append(out, cells.data);
  if (header != BocHeader::kGeneric && header != BocHeader::kIndexed) {
    append(out, Writer(Endian::kLittle).u32(crc32c(out)).view());
  }
  return out;
}

Result<Bytes> write_boc(const CellRef& root, BocHeader header) {
  return write_boc(std::span(&root, 1), header);
}

}  // namespace cocoon::ton
