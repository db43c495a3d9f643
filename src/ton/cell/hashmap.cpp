#include "ton/cell/hashmap.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

std::size_t length_bits(std::size_t max) { return static_cast<std::size_t>(std::bit_width(max)); }

Result<std::size_t> load_unary(Slice& slice) {
  std::size_t count = 0;
  for (;;) {
    TRY(const bool more, slice.load_bit());
    if (!more) return count;
    ++count;
  }
}

// hml_short$0 len:(Unary ~n) s:(n * Bit), hml_long$10 n:(#<= m) s:(n * Bit), hml_same$11 v:Bit
// n:(#<= m).
Result<BitString> load_label(Slice& slice, std::size_t max) {
  TRY(const bool is_not_short, slice.load_bit());
  if (!is_not_short) {
    TRY(const std::size_t length, load_unary(slice));
    if (length > max) return malformed("a hashmap label longer than the key");
    return slice.load_bits(length);
  }
  TRY(const bool is_same, slice.load_bit());
  bool repeated = false;
  if (is_same) {
    TRY(repeated, slice.load_bit());
  }
  TRY(const std::size_t length, slice.load_uint(length_bits(max)));
  if (length > max) return malformed("a hashmap label longer than the key");
  if (!is_same) return slice.load_bits(length);
  BitString label;
  for (std::size_t i = 0; i < length; ++i) label.push_back(repeated);
  return label;
}

}  // namespace

Result<HashmapNode> read_hashmap_node(CellRef cell, std::size_t key_bits_left) {
  TRY(Slice slice, Slice::open(std::move(cell)));
  TRY(BitString label, load_label(slice, key_bits_left));
  if (label.size() < key_bits_left && slice.refs_left() < 2) {
    return malformed("a hashmap fork without two branches");
  }
  return HashmapNode{std::move(label), std::move(slice)};
}

Result<std::optional<Slice>> hashmap_lookup(const CellRef& root, const BitString& key) {
  if (root == nullptr) return std::optional<Slice>();
  CellRef cell = root;
  std::size_t at = 0;
  for (;;) {
    TRY(HashmapNode node, read_hashmap_node(std::move(cell), key.size() - at));
    const std::size_t length = node.label.size();
    if (key.slice(at, length) != node.label) return std::optional<Slice>();
    at += length;
    if (at == key.size()) return std::optional(std::move(node.rest));
    cell = node.rest.rest_refs()[key[at] ? 1 : 0];
    ++at;
  }
}

Result<std::vector<HashmapEntry>> hashmap_entries(const CellRef& root, std::size_t key_bits,
                                                  std::size_t entries_max) {
  struct Pending {
    CellRef cell;
    BitString prefix;
  };
  std::vector<HashmapEntry> entries;
  std::vector<Pending> pending;
  if (root != nullptr) pending.push_back({root, {}});
  while (!pending.empty()) {
    Pending next = std::move(pending.back());
    pending.pop_back();
    TRY(HashmapNode node, read_hashmap_node(std::move(next.cell), key_bits - next.prefix.size()));
    next.prefix.append(node.label);
    if (next.prefix.size() == key_bits) {
      if (entries.size() == entries_max)
        return fail(TonError::kLimit, "a hashmap with too many entries");
      entries.push_back({std::move(next.prefix), std::move(node.rest)});
      continue;
    }
    const auto branches = node.rest.rest_refs();
    for (const bool side : {true, false}) {
      BitString prefix = next.prefix;
      prefix.push_back(side);
      pending.push_back({branches[side ? 1 : 0], std::move(prefix)});
    }
  }
  return entries;
}

Result<HashmapValues> read_hashmap(const CellRef& root, std::size_t key_bits,
                                   std::size_t entries_max) {
  TRY(auto entries, hashmap_entries(root, key_bits, entries_max));
  HashmapValues values;
  for (HashmapEntry& entry : entries)
    values.emplace(std::move(entry.key), entry.value.rest_as_cell());
  return values;
}

}  // namespace cocoon::ton
