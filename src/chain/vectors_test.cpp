#include "tests/support/vectors.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "attest/policy.h"
#include "chain/registry_toml.h"

using namespace cocoon;
using namespace cocoon::chain;

namespace {

codec::Json vectors() { return testing::read_json("tests/data/formats/policy.json"); }

registry::Snapshot sample() {
  const std::string toml = testing::read_text("tests/data/formats/registry.toml");
  return parse_registry_toml(as_bytes(toml)).value();
}

}  // namespace

TEST_CASE("the policy of the sample registry has the vector's hash, whatever the lists' order") {
  registry::Snapshot snapshot = sample();
  CHECK_EQ(snapshot.parameters.statement_block_interval, 128);
  CHECK_EQ(snapshot.policy.hash().hex(), testing::text(vectors(), "policy_hash"));
  std::ranges::reverse(snapshot.policy.images);
  std::ranges::reverse(snapshot.policy.roots);
  CHECK_EQ(snapshot.policy.hash().hex(), testing::text(vectors(), "policy_hash"));
  snapshot.policy.roots.pop_back();
  CHECK_NE(snapshot.policy.hash().hex(), testing::text(vectors(), "policy_hash"));
}

TEST_CASE("each image on each shape has the vector's hash") {
  const registry::Snapshot snapshot = sample();
  const codec::Json all = vectors();
  REQUIRE_EQ(testing::items(all, "image_hashes").size(), 3);
  for (const codec::Json& item : testing::items(all, "image_hashes")) {
    const auto image = std::ranges::find(snapshot.policy.images, testing::text(item, "image"),
                                         &attest::Image::name);
    REQUIRE(image != snapshot.policy.images.end());
    const auto shape =
        std::ranges::find(image->shapes, testing::text(item, "shape"), &attest::MachineShape::name);
    REQUIRE(shape != image->shapes.end());
    CHECK_EQ(attest::image_hash_of(*image, *shape).hex(), testing::text(item, "image_hash"));
  }
}

TEST_CASE("each shape of an SEV-SNP image has the vector's hash") {
  const registry::Snapshot snapshot = sample();
  const codec::Json all = vectors();
  REQUIRE_EQ(testing::items(all, "snp_image_hashes").size(), 3);
  for (const codec::Json& item : testing::items(all, "snp_image_hashes")) {
    const auto image = std::ranges::find(snapshot.policy.snp_images, testing::text(item, "image"),
                                         &attest::SnpImage::name);
    REQUIRE(image != snapshot.policy.snp_images.end());
    const auto shape =
        std::ranges::find(image->shapes, testing::text(item, "shape"), &attest::SnpShape::name);
    REQUIRE(shape != image->shapes.end());
    CHECK_EQ(attest::image_hash_of(*shape).hex(), testing::text(item, "image_hash"));
  }
}
