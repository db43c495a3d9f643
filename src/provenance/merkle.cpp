#include "provenance/merkle.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace cocoon::provenance {
namespace {

constexpr ByteArray<1> kLeafPrefix{std::byte{0x00}};
constexpr ByteArray<1> kNodePrefix{std::byte{0x01}};

MerkleHash node(const MerkleHash& left, const MerkleHash& right) {
  return crypto::sha256({kNodePrefix, left, right});
}

Status mismatch() {
  return fail(ProvenanceError::kProofMismatch, "inclusion proof does not lead to the root");
}

}  // namespace

MerkleHash merkle_leaf(std::initializer_list<BytesView> data) {
  crypto::Sha256 hash;
  hash.update(kLeafPrefix);
  for (const BytesView part : data) hash.update(part);
  return hash.finish();
}

MerkleHash merkle_root(std::span<const MerkleHash> leaves) {
  if (leaves.empty()) return crypto::sha256(BytesView{});
  // The roots of complete subtrees from left to right; one for each bit set in the count of leaves
  // taken.
  std::vector<MerkleHash> complete;
  for (std::size_t taken = 0; taken < leaves.size(); ++taken) {
    MerkleHash root = leaves[taken];
    for (std::size_t level = taken; (level & 1U) != 0; level >>= 1U) {
      root = node(complete.back(), root);
      complete.pop_back();
    }
    complete.push_back(root);
  }
  MerkleHash root = complete.back();
  for (std::size_t i = complete.size() - 1; i-- > 0;) root = node(complete[i], root);
  return root;
}

std::vector<MerkleHash> merkle_inclusion_proof(std::span<const MerkleHash> leaves,
                                               std::uint64_t index) {
  COCOON_CHECK(index < leaves.size());
  std::vector<MerkleHash> proof;
  while (leaves.size() > 1) {
    const std::size_t left_size = std::bit_floor(leaves.size() - 1);
    const auto left = leaves.first(left_size);
    const auto right = leaves.subspan(left_size);
    if (index < left_size) {
      proof.push_back(merkle_root(right));
      leaves = left;
    } else {
      proof.push_back(merkle_root(left));
      leaves = right;
      index -= left_size;
    }
  }
  std::ranges::reverse(proof);
  return proof;
}

Status verify_merkle_inclusion(const MerkleHash& root, const MerkleHash& leaf, std::uint64_t index,
                               std::uint64_t tree_size, std::span<const MerkleHash> proof) {
  if (index >= tree_size) return mismatch();
  // The path of `index` and that of the tree's last leaf, both shrinking by a bit a level: where
  // they meet, the node is the last of its level and has no sibling to its right.
  std::uint64_t at = index;
  std::uint64_t last = tree_size - 1;
  MerkleHash hash = leaf;
  for (const MerkleHash& sibling : proof) {
    if (last == 0) return mismatch();
    if ((at & 1U) != 0 || at == last) {
      hash = node(sibling, hash);
      while ((at & 1U) == 0 && at != 0) {
        at >>= 1U;
        last >>= 1U;
      }
    } else {
      hash = node(hash, sibling);
    }
    at >>= 1U;
    last >>= 1U;
  }
  if (last != 0 || hash != root) return mismatch();
  return {};
}

}  // namespace cocoon::provenance
