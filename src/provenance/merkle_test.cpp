#include "provenance/merkle.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/strong.h"
#include "codec/base64.h"
#include "codec/json.h"

namespace cocoon::provenance {
namespace {

using codec::Json;

std::vector<MerkleHash> leaves_of(std::size_t count) {
  std::vector<MerkleHash> leaves;
  leaves.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    leaves.push_back(merkle_leaf({as_bytes("leaf "), as_bytes(std::to_string(i))}));
  }
  return leaves;
}

// The definition of RFC 9162 section 2.1.1, word for word.
MerkleHash root_by_definition(std::span<const MerkleHash> leaves) {
  if (leaves.empty()) return crypto::sha256(BytesView{});
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const Bytes prefix{std::byte{1}};
  return crypto::sha256(
      {prefix, root_by_definition(leaves.first(k)), root_by_definition(leaves.subspan(k))});
}

Result<std::vector<MerkleHash>> proof_of(const Json::Array& items) {
  std::vector<MerkleHash> proof;
  for (const Json& item : items) {
    TRY(const Bytes bytes, codec::from_base64(*item.as_string()));
    using Node = TaggedBytes<struct NodeTag, 32>;
    TRY(const Node node, Node::from(bytes));
    proof.push_back(node.bytes());
  }
  return proof;
}

Result<MerkleHash> hash_of(const Json& json, std::string_view member) {
  TRY(const Bytes bytes, codec::from_base64(*json.find(member)->as_string()));
  using Node = TaggedBytes<struct NodeTag, 32>;
  TRY(const Node node, Node::from(bytes));
  return node.bytes();
}

Status check_vector(const Json& json) {
  TRY(const MerkleHash root, hash_of(json, "root"));
  TRY(const MerkleHash leaf, hash_of(json, "leafHash"));
  TRY(const std::uint64_t index, json.find("leafIdx")->as_unsigned());
  TRY(const std::uint64_t size, json.find("treeSize")->as_unsigned());
  std::vector<MerkleHash> proof;
  if (const Json::Array* items = json.find("proof")->as_array()) {
    TRY(proof, proof_of(*items));
  }
  return verify_merkle_inclusion(root, leaf, index, size, proof);
}

TEST_CASE("merkle root is RFC 9162's for every small size") {
  for (std::size_t count = 0; count <= 70; ++count) {
    const std::vector<MerkleHash> leaves = leaves_of(count);
    CHECK_MESSAGE(merkle_root(leaves) == root_by_definition(leaves), count);
  }
  CHECK(to_hex(merkle_root({})) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("merkle inclusion proofs verify for every leaf and for no other place") {
  for (std::size_t count = 1; count <= 20; ++count) {
    const std::vector<MerkleHash> leaves = leaves_of(count);
    const MerkleHash root = merkle_root(leaves);
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<MerkleHash> proof = merkle_inclusion_proof(leaves, i);
      CHECK(verify_merkle_inclusion(root, leaves[i], i, count, proof).has_value());
      for (std::size_t other = 0; other < count + 2; ++other) {
        if (other == i) continue;
        CHECK_FALSE(verify_merkle_inclusion(root, leaves[i], other, count, proof).has_value());
      }
    }
  }
}

TEST_CASE("merkle inclusion proofs fail when a part is changed, missing or added") {
  const std::vector<MerkleHash> leaves = leaves_of(11);
  const MerkleHash root = merkle_root(leaves);
  const std::vector<MerkleHash> proof = merkle_inclusion_proof(leaves, 6);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    std::vector<MerkleHash> changed = proof;
    changed[i][0] ^= std::byte{1};
    CHECK(verify_merkle_inclusion(root, leaves[6], 6, 11, changed)
              .error()
              .is(ProvenanceError::kProofMismatch));
  }
  std::vector<MerkleHash> shorter = proof;
  shorter.pop_back();
  CHECK_FALSE(verify_merkle_inclusion(root, leaves[6], 6, 11, shorter).has_value());
  std::vector<MerkleHash> longer = proof;
  longer.push_back(proof.back());
  CHECK_FALSE(verify_merkle_inclusion(root, leaves[6], 6, 11, longer).has_value());
  CHECK_FALSE(verify_merkle_inclusion(root, leaves[7], 6, 11, proof).has_value());
  CHECK_FALSE(verify_merkle_inclusion(root, leaves[0], 0, 0, {}).has_value());
}

struct Counts {
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

// Runs each vector below a folder; `exception` is the one file on which we differ.
Counts run_vectors(const char* folder, Status (*check)(const Json&), std::string_view exception) {
  Counts counts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const Result<Json> json = codec::parse_json(text);
    REQUIRE_MESSAGE(json.has_value(), entry.path().string());
    const bool is_accepted = check(*json).has_value();
    const bool want_error = *json->find("wantErr")->as_boolean();
    const bool is_exception = entry.path().filename().string() == exception;
    CHECK_MESSAGE(is_accepted == (!want_error && !is_exception), entry.path().string());
    ++(is_accepted ? counts.accepted : counts.refused);
  }
  return counts;
}

TEST_CASE("merkle inclusion agrees with transparency-dev's vectors") {
  const Counts counts = run_vectors("tests/data/merkle/inclusion", check_vector, "");
  CHECK(counts.accepted == 6);
  CHECK(counts.refused == 92);
}

SubtreeRoot subtree_of(const std::vector<MerkleHash>& leaves) {
  return [&leaves](std::uint64_t begin, std::uint64_t end) -> Result<MerkleHash> {
    return merkle_root(std::span(leaves).subspan(begin, end - begin));
  };
}

TEST_CASE("merkle consistency proofs verify for every pair of small trees and for no other pair") {
  const std::vector<MerkleHash> leaves = leaves_of(20);
  std::vector<MerkleHash> roots;
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    roots.push_back(merkle_root(std::span(leaves).first(size)));
  }
  for (std::size_t newer = 1; newer < roots.size(); ++newer) {
    for (std::size_t older = 1; older <= newer; ++older) {
      const auto proof = merkle_consistency_proof(subtree_of(leaves), older, newer);
      REQUIRE(proof.has_value());
      CHECK(verify_merkle_consistency(roots[older], older, roots[newer], newer, *proof));
      for (std::size_t other = 0; other <= newer; ++other) {
        if (other == older) continue;
        CHECK_FALSE(verify_merkle_consistency(roots[other], other, roots[newer], newer, *proof));
      }
    }
  }
}

TEST_CASE("merkle consistency proofs refuse a log that forked or forgot") {
  std::vector<MerkleHash> leaves = leaves_of(13);
  const MerkleHash before = merkle_root(std::span(leaves).first(7));
  leaves[3] = leaves[4];
  const MerkleHash forked = merkle_root(leaves);
  const auto proof = merkle_consistency_proof(subtree_of(leaves), 7, 13);
  REQUIRE(proof.has_value());
  CHECK(verify_merkle_consistency(before, 7, forked, 13, *proof)
            .error()
            .is(ProvenanceError::kProofMismatch));
  CHECK_FALSE(verify_merkle_consistency(forked, 13, before, 7, *proof).has_value());
}

Status check_consistency_vector(const Json& json) {
  TRY(const MerkleHash old_root, hash_of(json, "root1"));
  TRY(const MerkleHash new_root, hash_of(json, "root2"));
  TRY(const std::uint64_t old_size, json.find("size1")->as_unsigned());
  TRY(const std::uint64_t new_size, json.find("size2")->as_unsigned());
  std::vector<MerkleHash> proof;
  if (const Json::Array* items = json.find("proof")->as_array()) {
    TRY(proof, proof_of(*items));
  }
  return verify_merkle_consistency(old_root, old_size, new_root, new_size, proof);
}

TEST_CASE("merkle consistency agrees with transparency-dev's vectors") {
  // Equal sizes with twelve-byte "roots" are accepted there; a root of ours has 32 bytes.
  const Counts counts = run_vectors("tests/data/merkle/consistency", check_consistency_vector,
                                    "sizes-are-equal-one-and-proof-is-empty.json");
  CHECK(counts.accepted == 5);
  CHECK(counts.refused == 93);
}

}  // namespace
}  // namespace cocoon::provenance
