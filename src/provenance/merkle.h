#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "crypto/hash.h"
#include "provenance/error.h"

namespace cocoon::provenance {

// Merkle trees with the hashing of RFC 9162 §2.1.1: leaf = SHA-256(0x00 ‖ data), node =
// SHA-256(0x01 ‖ left ‖ right), empty tree = SHA-256 of nothing.
using MerkleHash = crypto::Sha256Digest;

[[nodiscard]] MerkleHash merkle_leaf(std::initializer_list<BytesView> data);
[[nodiscard]] MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right);
[[nodiscard]] MerkleHash merkle_root(std::span<const MerkleHash> leaves);

// The root of the leaves from `begin` to just before `end`, wherever they are kept. Proofs ask only
// for ranges that RFC 9162's trees split into: `begin` is a multiple of the range's size rounded up
// to a power of two.
using SubtreeRoot = std::function<Result<MerkleHash>(std::uint64_t begin, std::uint64_t end)>;

// RFC 9162 §2.1.3.1, for a tree of `tree_size` leaves; `index` must be less.
[[nodiscard]] Result<std::vector<MerkleHash>> merkle_inclusion_proof(const SubtreeRoot& subtree,
                                                                     std::uint64_t index,
                                                                     std::uint64_t tree_size);
[[nodiscard]] std::vector<MerkleHash> merkle_inclusion_proof(std::span<const MerkleHash> leaves,
                                                             std::uint64_t index);
// RFC 9162 §2.1.4.1: that the tree of `new_size` leaves continues that of `old_size`, which must be
// at least 1 and at most `new_size`.
[[nodiscard]] Result<std::vector<MerkleHash>> merkle_consistency_proof(const SubtreeRoot& subtree,
                                                                       std::uint64_t old_size,
                                                                       std::uint64_t new_size);
// RFC 9162 §2.1.3.2; kProofMismatch unless the leaf is at `index` of the tree of `tree_size` leaves
// under `root`.
[[nodiscard]] Status verify_merkle_inclusion(const MerkleHash& root, const MerkleHash& leaf,
                                             std::uint64_t index, std::uint64_t tree_size,
                                             std::span<const MerkleHash> proof);
// RFC 9162 §2.1.4.2; kProofMismatch unless the tree of `new_size` leaves under `new_root` begins
// with the `old_size` leaves under `old_root`. An empty old tree proves nothing and is refused,
// whatever the proof.
[[nodiscard]] Status verify_merkle_consistency(const MerkleHash& old_root, std::uint64_t old_size,
                                               const MerkleHash& new_root, std::uint64_t new_size,
                                               std::span<const MerkleHash> proof);

}  // namespace cocoon::provenance
