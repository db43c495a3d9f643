#include "tests/support/vectors.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "provenance/log/proof.h"

namespace cocoon::provenance::log {
namespace {

struct Vectors {
  codec::Json json = testing::read_json("tests/data/formats/log.json");
  crypto::Ed25519KeyPair pair = crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(testing::hex(json, "seed")).value());
  NoteKey key = proxy_log_key(pair.public_key());
};

TEST_CASE("a proxy's log key and its checkpoints are the vectors' bytes") {
  const Vectors vectors;
  CHECK(vectors.key.text() == testing::text(vectors.json, "key"));
  const auto& checkpoints = testing::items(vectors.json, "checkpoints");
  REQUIRE(checkpoints.size() == 3);
  for (const codec::Json& item : checkpoints) {
    TreeHead head{.size = testing::number(item, "size")};
    const Bytes root = testing::hex(item, "root");
    REQUIRE(root.size() == head.root.size());
    std::ranges::copy(root, head.root.begin());
    CHECK(sign_checkpoint(head, vectors.key, vectors.pair) == testing::text(item, "text"));
    CHECK(verify_checkpoint(testing::text(item, "text"), vectors.key).value().head == head);
  }
}

TEST_CASE("the vectors' proofs are read, verified and written again") {
  const Vectors vectors;
  const auto& proofs = testing::items(vectors.json, "proofs");
  REQUIRE(proofs.size() == 4);
  for (const codec::Json& item : proofs) {
    const auto proof = LogProof::parse(testing::text(item, "text"));
    REQUIRE(proof.has_value());
    CHECK(proof->index == testing::number(item, "index"));
    CHECK(proof->text() == testing::text(item, "text"));
    const auto receipt = ReceiptHash::from(testing::hex(item, "entry")).value();
    const auto checkpoint = verify_log_proof(*proof, receipt, vectors.key);
    REQUIRE(checkpoint.has_value());
    CHECK(checkpoint->head.size == testing::number(item, "size"));
  }
}

}  // namespace
}  // namespace cocoon::provenance::log
