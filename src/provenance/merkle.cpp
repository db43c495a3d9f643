#include "provenance/merkle.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace cocoon::provenance {
namespace {

constexpr ByteArray<1> kLeafPrefix{std::byte{0x00}};
constexpr ByteArray<1> kNodePrefix{std::byte{0x01}};

Status no_inclusion() {
  return fail(ProvenanceError::kProofMismatch, "inclusion proof does not lead to the root");
}

Status no_consistency() {
  return fail(ProvenanceError::kProofMismatch, "consistency proof does not join the two roots");
}

}  // namespace

MerkleHash merkle_leaf(std::initializer_list<BytesView> data) {
  crypto::Sha256 hash;
  hash.update(kLeafPrefix);
  for (const BytesView part : data) hash.update(part);
  return hash.finish();
}

MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right) {
  return crypto::sha256({kNodePrefix, left, right});
}

MerkleHash merkle_root(std::span<const MerkleHash> leaves) {
  if (leaves.empty()) return crypto::sha256(BytesView{});
  // The roots of complete subtrees from left to right; one for each bit set in the count of leaves
  // taken.
  std::vector<MerkleHash> complete;
  for (std::size_t taken = 0; taken < leaves.size(); ++taken) {
    MerkleHash root = leaves[taken];
    for (std::size_t level = taken; (level & 1U) != 0; level >>= 1U) {
      root = merkle_node(complete.back(), root);
      complete.pop_back();
    }
    complete.push_back(root);
  }
  MerkleHash root = complete.back();
  for (std::size_t i = complete.size() - 1; i-- > 0;) root = merkle_node(complete[i], root);
  return root;
}

Result<std::vector<MerkleHash>> merkle_inclusion_proof(const SubtreeRoot& subtree,
                                                       std::uint64_t index,
                                                       std::uint64_t tree_size) {
  COCOON_CHECK(index < tree_size);
  std::vector<MerkleHash> proof;
  std::uint64_t begin = 0;
  std::uint64_t end = tree_size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + std::bit_floor(end - begin - 1);
    const bool is_left = index < middle;
    TRY(const MerkleHash sibling, is_left ? subtree(middle, end) : subtree(begin, middle));
    proof.push_back(sibling);
    (is_left ? end : begin) = middle;
  }
  std::ranges::reverse(proof);
  return proof;
}

std::vector<MerkleHash> merkle_inclusion_proof(std::span<const MerkleHash> leaves,
                                               std::uint64_t index) {
  const SubtreeRoot subtree = [leaves](std::uint64_t begin, std::uint64_t end) {
    return merkle_root(leaves.subspan(begin, end - begin));
  };
  return merkle_inclusion_proof(subtree, index, leaves.size()).value();
}

Result<std::vector<MerkleHash>> merkle_consistency_proof(const SubtreeRoot& subtree,
                                                         std::uint64_t old_size,
                                                         std::uint64_t new_size) {
  COCOON_CHECK(old_size >= 1 && old_size <= new_size);
  std::vector<MerkleHash> proof;
  std::uint64_t begin = 0;
  std::uint64_t end = new_size;
  // Down to the subtree that ends where the old tree ended; it is the old root itself if nothing
  // was to its left.
  while (end != old_size) {
    const std::uint64_t middle = begin + std::bit_floor(end - begin - 1);
    const bool is_left = old_size <= middle;
    TRY(const MerkleHash sibling, is_left ? subtree(middle, end) : subtree(begin, middle));
    proof.push_back(sibling);
    (is_left ? end : begin) = middle;
  }
  if (begin != 0) {
    TRY(const MerkleHash last, subtree(begin, end));
    proof.push_back(last);
  }
  std::ranges::reverse(proof);
  return proof;
}

Status verify_merkle_inclusion(const MerkleHash& root, const MerkleHash& leaf, std::uint64_t index,
                               std::uint64_t tree_size, std::span<const MerkleHash> proof) {
  if (index >= tree_size) return no_inclusion();
  // The path of `index` and that of the tree's last leaf, both shrinking by a bit a level: where
  // they meet, the node is the last of its level and has no sibling to its right.
  std::uint64_t at = index;
  std::uint64_t last = tree_size - 1;
  MerkleHash hash = leaf;
  for (const MerkleHash& sibling : proof) {
    if (last == 0) return no_inclusion();
    if ((at & 1U) != 0 || at == last) {
      hash = merkle_node(sibling, hash);
      while ((at & 1U) == 0 && at != 0) {
        at >>= 1U;
        last >>= 1U;
      }
    } else {
      hash = merkle_node(hash, sibling);
    }
    at >>= 1U;
    last >>= 1U;
  }
  if (last != 0 || hash != root) return no_inclusion();
  return {};
}

Status verify_merkle_consistency(const MerkleHash& old_root, std::uint64_t old_size,
                                 const MerkleHash& new_root, std::uint64_t new_size,
                                 std::span<const MerkleHash> proof) {
  if (old_size == 0 || old_size > new_size) return no_consistency();
  if (old_size == new_size) {
    return proof.empty() && old_root == new_root ? Status() : no_consistency();
  }
  // The path of the old tree's last complete subtree and that of the new tree's last leaf.
  std::uint64_t at = old_size - 1;
  std::uint64_t last = new_size - 1;
  const int complete = std::countr_one(at);
  at >>= complete;
  last >>= complete;
  MerkleHash old_hash = old_root;
  MerkleHash new_hash = old_root;
  // A complete old tree is its own first node; otherwise the proof begins with one.
  if (at != 0) {
    if (proof.empty()) return no_consistency();
    old_hash = new_hash = proof.front();
    proof = proof.subspan(1);
  }
  for (const MerkleHash& sibling : proof) {
    if (last == 0) return no_consistency();
    if ((at & 1U) != 0 || at == last) {
      old_hash = merkle_node(sibling, old_hash);
      new_hash = merkle_node(sibling, new_hash);
      while ((at & 1U) == 0 && at != 0) {
        at >>= 1U;
        last >>= 1U;
      }
    } else {
      new_hash = merkle_node(new_hash, sibling);
    }
    at >>= 1U;
    last >>= 1U;
  }
  if (last != 0 || old_hash != old_root || new_hash != new_root) return no_consistency();
  return {};
}

}  // namespace cocoon::provenance
