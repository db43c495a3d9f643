#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/hash.h"
#include "provenance/error.h"

namespace cocoon::provenance {

// Merkle trees with the hashing of RFC 9162 §2.1.1: leaf = SHA-256(0x00 ‖ data), node =
// SHA-256(0x01 ‖ left ‖ right), empty tree = SHA-256 of nothing.
using MerkleHash = crypto::Sha256Digest;

[[nodiscard]] MerkleHash merkle_leaf(std::initializer_list<BytesView> data);
[[nodiscard]] MerkleHash merkle_root(std::span<const MerkleHash> leaves);

// RFC 9162 §2.1.3.1. `index` must be less than the number of leaves.
[[nodiscard]] std::vector<MerkleHash> merkle_inclusion_proof(std::span<const MerkleHash> leaves,
                                                             std::uint64_t index);
// RFC 9162 §2.1.3.2; kProofMismatch unless the leaf is at `index` of the tree of `tree_size` leaves
// under `root`.
[[nodiscard]] Status verify_merkle_inclusion(const MerkleHash& root, const MerkleHash& leaf,
                                             std::uint64_t index, std::uint64_t tree_size,
                                             std::span<const MerkleHash> proof);

}  // namespace cocoon::provenance
