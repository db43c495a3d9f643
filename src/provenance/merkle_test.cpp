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

TEST_CASE("merkle inclusion agrees with transparency-dev's vectors") {
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator("tests/data/merkle/inclusion")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const Result<Json> json = codec::parse_json(text);
    REQUIRE_MESSAGE(json.has_value(), entry.path().string());
    const bool want_error = *json->find("wantErr")->as_boolean();
    CHECK_MESSAGE(check_vector(*json).has_value() == !want_error, entry.path().string());
    ++(want_error ? refused : accepted);
  }
  CHECK(accepted == 6);
  CHECK(refused == 92);
}

}  // namespace
}  // namespace cocoon::provenance
