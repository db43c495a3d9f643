#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "ton/cell/builder.h"

// Hashmaps with keys of one length (block.tlb: hm_edge#_ label:(HmLabel ~l n) node:(HashmapNode m
// X)), and those with an extra value at every node (ahm_edge#_ …, HashmapAug). Roots are
// `^Hashmap`, null for the empty HashmapE.
namespace cocoon::ton {

// One edge: its label, then either two references (a fork) or the value (a leaf, when the label
// ends the key). In an augmented hashmap the extra stands before a leaf's value and behind a fork's
// references.
struct HashmapNode {
  BitString label;
  Slice rest;
};
// `key_bits_left` is what is left of the key above this edge. kPruned where a proof leaves the edge
// out.
[[nodiscard]] Result<HashmapNode> read_hashmap_node(CellRef cell, std::size_t key_bits_left);

// The leaf of this key, from its extra (if augmented) on. No value is an answer only where the map
// visibly has another label on the key's way: a proof that leaves the way out fails with kPruned.
[[nodiscard]] Result<std::optional<Slice>> hashmap_lookup(const CellRef& root,
                                                          const BitString& key);

struct HashmapEntry {
  BitString key;
  Slice value;
};
// All entries in the order of keys. kLimit for more than `entries_max`, kPruned where something is
// left out.
[[nodiscard]] Result<std::vector<HashmapEntry>> hashmap_entries(const CellRef& root,
                                                                std::size_t key_bits,
                                                                std::size_t entries_max);

// Keys of one length, and the cells whose bits and references are the values.
using HashmapValues = std::map<BitString, CellRef>;
[[nodiscard]] Result<HashmapValues> read_hashmap(const CellRef& root, std::size_t key_bits,
                                                 std::size_t entries_max);
// Null for no values. kLimit if a value does not fit beside its label; kMalformed for a key of
// another length.
[[nodiscard]] Result<CellRef> write_hashmap(const HashmapValues& values, std::size_t key_bits);

struct AugmentedValue {
  CellRef extra;
  CellRef value;
};
struct AugmentedHashmap {
  CellRef root;
  CellRef extra;  // of the whole; null with a null root
};
// Makes a fork's extra of its children's.
using CombineExtras = std::function<Result<CellRef>(const CellRef& left, const CellRef& right)>;
[[nodiscard]] Result<AugmentedHashmap> write_augmented_hashmap(
    const std::map<BitString, AugmentedValue>& values, std::size_t key_bits,
    const CombineExtras& combine);

}  // namespace cocoon::ton
