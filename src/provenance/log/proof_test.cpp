#include "provenance/log/proof.h"

#include <doctest/doctest.h>

namespace cocoon::provenance::log {
namespace {

crypto::Ed25519KeyPair key_pair(std::uint8_t seed) {
  return crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(Bytes(32, std::byte{seed})).value());
}

ReceiptHash receipt(std::uint8_t number) {
  return ReceiptHash(crypto::sha256({Bytes(1, std::byte{number})}));
}

LogProof proof_of(std::uint8_t number, std::uint8_t size, const crypto::Ed25519KeyPair& pair) {
  std::vector<MerkleHash> leaves;
  for (std::uint8_t i = 0; i < size; ++i) leaves.push_back(entry_leaf(receipt(i).view()));
  return {.index = number,
          .hashes = merkle_inclusion_proof(leaves, number),
          .checkpoint = sign_checkpoint({.size = size, .root = merkle_root(leaves)},
                                        proxy_log_key(pair.public_key()), pair)};
}

TEST_CASE("a proof shows that a receipt is in the log of a proxy") {
  const auto pair = key_pair(1);
  const NoteKey key = proxy_log_key(pair.public_key());
  for (std::uint8_t number = 0; number < 7; ++number) {
    const LogProof proof = proof_of(number, 7, pair);
    const auto checkpoint = verify_log_proof(proof, receipt(number), key);
    REQUIRE(checkpoint.has_value());
    CHECK(checkpoint->head.size == 7);
    const auto other = verify_log_proof(proof, receipt(number + 1), key);
    CHECK(other.error().is(ProvenanceError::kProofMismatch));
    const auto elsewhere =
        verify_log_proof(proof, receipt(number), proxy_log_key(key_pair(2).public_key()));
    CHECK(elsewhere.error().is(ProvenanceError::kBadSignature));
  }
}

TEST_CASE("a checkpoint older than the receipt proves nothing of it") {
  const auto pair = key_pair(1);
  LogProof proof = proof_of(5, 7, pair);
  proof.checkpoint = proof_of(4, 5, pair).checkpoint;
  CHECK(verify_log_proof(proof, receipt(5), proxy_log_key(pair.public_key()))
            .error()
            .is(ProvenanceError::kProofMismatch));
}

TEST_CASE("proofs are read as they are written, and no changed bit goes unnoticed") {
  const auto pair = key_pair(1);
  const NoteKey key = proxy_log_key(pair.public_key());
  const std::string text = proof_of(3, 6, pair).text();
  const auto read = LogProof::parse(text);
  REQUIRE(read.has_value());
  CHECK(read->text() == text);
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto parsed = LogProof::parse(changed);
    CHECK_MESSAGE((!parsed || !verify_log_proof(*parsed, receipt(3), key)), bit);
  }
}

TEST_CASE("refuses proofs of other versions, with extra data, or cut short") {
  const auto pair = key_pair(1);
  const std::string text = proof_of(3, 6, pair).text();
  const std::string header = "c2sp.org/tlog-proof@v1\n";
  const std::string rest = text.substr(header.size());
  for (const std::string& other :
       {std::string(), header, header + "\n", "c2sp.org/tlog-proof@v2\n" + rest,
        header + "extra AAAA\n" + rest, header + "index 03" + rest.substr(7),
        header + "index 99999999999999999999\n\nx", header + "index 3",
        header + "index 3\nAAAA\n\nx", header + "index 3 \n\nx", header + "index -3\n\nx"}) {
    CHECK_MESSAGE(!LogProof::parse(other).has_value(), other);
  }
}

TEST_CASE("a proxy's log has one name, short enough for a note") {
  const NoteKey key = proxy_log_key(key_pair(1).public_key());
  CHECK(key.name().size() == 39);
  CHECK(key.name().starts_with("cocoon/"));
  CHECK(key.name() != proxy_log_key(key_pair(2).public_key()).name());
}

}  // namespace
}  // namespace cocoon::provenance::log
