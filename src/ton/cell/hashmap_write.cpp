#include <algorithm>
#include <ranges>
#include <span>

#include "ton/cell/hashmap.h"

namespace cocoon::ton {
namespace {

std::size_t length_bits(std::size_t max) { return static_cast<std::size_t>(std::bit_width(max)); }

// The shortest of the three forms; among equals short before long before same, as everyone writes
// them.
void store_label(Builder& to, const BitString& label, std::size_t max) {
  const std::size_t length = label.size();
  const std::size_t width = length_bits(max);
  const bool is_same =
      length > 1 && std::ranges::all_of(std::views::iota(std::size_t{1}, length),
                                        [&](std::size_t i) { return label[i] == label[0]; });
  const std::size_t short_form = 2 * length + 2;
  const std::size_t long_form = 2 + width + length;
  const std::size_t same_form = 3 + width;
  if (is_same && same_form < std::min(short_form, long_form)) {
    to.uint(0b11, 2).bit(label[0]).uint(length, width);
  } else if (long_form < short_form) {
    to.uint(0b10, 2).uint(length, width).bits(label);
  } else {
    to.bit(false);
    for (std::size_t i = 0; i < length; ++i) to.bit(true);
    to.bit(false).bits(label);
  }
}

struct Entry {
  const BitString* key;
  const CellRef* extra;  // null in a plain hashmap
  const CellRef* value;
};

// Recursion goes as deep as keys are long: a fork uses up a bit.
class TreeWriter {
 public:
  explicit TreeWriter(const CombineExtras* combine) : combine_(combine) {}

  // The edge above the entries, which share the key's first `at` bits.
  [[nodiscard]] Result<AugmentedHashmap> write(std::span<const Entry> entries,
                                               std::size_t at) const {
    const BitString& first = *entries.front().key;
    const std::size_t common = first.common_prefix(*entries.back().key);
    Builder edge;
    store_label(edge, first.slice(at, common - at), first.size() - at);
    if (entries.size() == 1) return write_leaf(std::move(edge), entries.front());
    const auto split = std::ranges::partition_point(
        entries, [&](const Entry& entry) { return !(*entry.key)[common]; });
    const auto left_count = static_cast<std::size_t>(split - entries.begin());
    TRY(const AugmentedHashmap left, write(entries.first(left_count), common + 1));
    TRY(const AugmentedHashmap right, write(entries.subspan(left_count), common + 1));
    edge.ref(left.root).ref(right.root);
    AugmentedHashmap out;
    if (combine_ != nullptr) {
      TRY(out.extra, (*combine_)(left.extra, right.extra));
      TRY(const Slice extra, Slice::open(out.extra));
      edge.rest_of(extra);
    }
    TRY(out.root, edge.build());
    return out;
  }

 private:
  [[nodiscard]] static Result<AugmentedHashmap> write_leaf(Builder edge, const Entry& entry) {
    AugmentedHashmap out;
    if (entry.extra != nullptr) {
      out.extra = *entry.extra;
      TRY(const Slice extra, Slice::open(out.extra));
      edge.rest_of(extra);
    }
    TRY(const Slice value, Slice::open(*entry.value));
    edge.rest_of(value);
    TRY(out.root, edge.build());
    return out;
  }

  const CombineExtras* combine_;
};

Result<AugmentedHashmap> write_tree(std::span<const Entry> entries, std::size_t key_bits,
                                    const CombineExtras* combine) {
  if (entries.empty()) return AugmentedHashmap{};
  for (const Entry& entry : entries) {
    if (entry.key->size() != key_bits) {
      return fail(TonError::kMalformed, "a hashmap key of the wrong length");
    }
  }
  return TreeWriter(combine).write(entries, 0);
}

}  // namespace

Result<CellRef> write_hashmap(const HashmapValues& values, std::size_t key_bits) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : values) entries.push_back({&key, nullptr, &value});
  TRY(AugmentedHashmap written, write_tree(entries, key_bits, nullptr));
  return std::move(written.root);
}

Result<AugmentedHashmap> write_augmented_hashmap(const std::map<BitString, AugmentedValue>& values,
                                                 std::size_t key_bits,
                                                 const CombineExtras& combine) {
  std::vector<Entry> entries;
  entries.reserve(values.size());
  for (const auto& [key, value] : values) entries.push_back({&key, &value.extra, &value.value});
  return write_tree(entries, key_bits, &combine);
}

}  // namespace cocoon::ton
