#pragma once

#include <vector>

#include "registry/error.h"
#include "ton/cell/hashmap.h"

// Inside this room: HashmapE 8 ^X whose keys count from 0.
namespace cocoon::registry {

inline constexpr std::size_t kIndexBits = 8;
inline constexpr std::size_t kIndexedMax = 256;

// `read` takes a Slice of each item, which it has to read to its end.
template <class Value, class Read>
Result<std::vector<Value>> load_indexed(ton::Slice& slice, Read read) {
  TRY(const ton::CellRef root, slice.load_maybe_ref());
  std::vector<Value> out;
  if (root == nullptr) return out;
  TRY(std::vector<ton::HashmapEntry> entries, ton::hashmap_entries(root, kIndexBits, kIndexedMax));
  for (ton::HashmapEntry& entry : entries) {
    if (entry.key.number() != out.size())
      return fail(RegistryError::kBadEntry, "a list whose numbers have a gap");
    TRY(ton::CellRef cell, entry.value.load_ref());
    TRY_VOID(entry.value.expect_end());
    TRY(ton::Slice item, ton::Slice::open(std::move(cell)));
    TRY(Value value, read(item));
    TRY_VOID(item.expect_end());
    out.push_back(std::move(value));
  }
  return out;
}

// `write` puts each item into a Builder and gives a Status.
template <class Value, class Write>
Status store_indexed(ton::Builder& to, const std::vector<Value>& list, Write write) {
  if (list.size() > kIndexedMax) return fail(RegistryError::kBadEntry, "a list of more than 256");
  ton::HashmapValues values;
  for (std::size_t i = 0; i < list.size(); ++i) {
    ton::Builder item;
    TRY_VOID(write(item, list[i]));
    TRY(const ton::CellRef built, item.build());
    TRY(ton::CellRef value, ton::Builder().ref(built).build());
    values.emplace(ton::BitString::of_number(i, kIndexBits), std::move(value));
  }
  TRY(const ton::CellRef root, ton::write_hashmap(values, kIndexBits));
  to.maybe_ref(root);
  return {};
}

}  // namespace cocoon::registry
