#include "provenance/bundle/bundle.h"

#include <doctest/doctest.h>

#include "codec/cbor.h"
#include "provenance/bundle/scene_test.h"
#include "tests/support/vectors.h"

namespace cocoon::provenance::bundle {
namespace {

using codec::Cbor;
using codec::Json;

// By another encoder (tests/oracles/formats/bundle.py).
Json vectors() { return testing::read_json("tests/data/formats/bundle.json"); }

std::string damaged_part(BytesView bytes) {
  const auto bundle = Bundle::decode(bytes);
  REQUIRE_FALSE(bundle.has_value());
  return bundle.error().part ? std::string(name_of(*bundle.error().part)) : "";
}

TEST_CASE("bundle vectors hold") {
  const Json document = vectors();
  for (const Json& vector : testing::items(document, "cases")) {
    const Bytes bytes = testing::hex(vector, "cbor");
    const auto bundle = Bundle::decode(bytes);
    REQUIRE(bundle.has_value());
    const Json& parts = testing::member(vector, "parts");
    CHECK(bundle->receipt == testing::hex(parts, "receipt"));
    CHECK(bundle->shown.encode() == testing::hex(parts, "shown"));
    CHECK(bundle->evidence == testing::hex(parts, "evidence"));
    CHECK(bundle->collateral == testing::hex(parts, "collateral"));
    CHECK(encode_block(bundle->block) == testing::hex(parts, "block"));
    CHECK(bundle->registry.encode() == testing::hex(parts, "registry"));
    CHECK(bundle->log_proof == as_text(testing::hex(parts, "log")));
    CHECK(bundle->encode().value() == bytes);

    const Receipt receipt = parse_unverified_receipt(bundle->receipt).value();
    const Shown& shown = bundle->shown;
    for (const ChunkProof& chunk : shown.chunks) CHECK(verify_chunk(receipt.output, chunk));
    if (!shown.runs.empty()) {
      CHECK(commit_runs(*shown.output_salts, shown.runs)->commitment() == receipt.output);
      CHECK(commit_prompt(*shown.prompt_salt, *shown.prompt) == receipt.prompt);
      CHECK(commit_params(*shown.params_salt, *shown.params) == receipt.params);
    }
  }
}

TEST_CASE("a bundle without a part, with a part too many or of another version is refused") {
  const test::Scene scene;
  const Bytes bytes = scene.bundle().encode().value();
  const Cbor item = codec::decode_cbor(bytes).value();
  const auto with = [&](std::int64_t key, std::optional<Cbor> value) {
    Cbor::Map map = **item.as_map();
    std::erase_if(map, [&](const auto& entry) { return entry.first == Cbor::integer(key); });
    if (value) map.emplace_back(Cbor::integer(key), *std::move(value));
    return codec::encode_cbor(Cbor::map(std::move(map)));
  };
  for (std::int64_t key = 1; key <= 8; ++key) {
    const std::string name(name_of(static_cast<Part>(key)));
    CHECK(damaged_part(with(key, std::nullopt)) == name);
    CHECK(damaged_part(with(key, Cbor::null())) == name);
    CHECK(damaged_part(with(key, Cbor::array({Cbor::bytes(Bytes(32)), Cbor::bytes({})}))) == name);
  }
  CHECK(damaged_part(with(9, Cbor::integer(0))).empty());
  CHECK(damaged_part(with(0, std::nullopt)).empty());
  CHECK(Bundle::decode(with(0, Cbor::integer(2)))
            .error()
            .why.is(ProvenanceError::kUnsupportedVersion));
  CHECK(damaged_part({}).empty());
  CHECK(damaged_part(concat({bytes, Bytes(1)})).empty());
  CHECK(damaged_part(BytesView(bytes).first(bytes.size() - 1)).empty());
}

TEST_CASE("a bundle that nobody could read is not written") {
  const test::Scene scene;
  Bundle bundle = scene.bundle();
  bundle.evidence = Bytes(attest::kEvidenceBytesMax + 1);
  CHECK(bundle.encode().error().is(ProvenanceError::kLimit));
  bundle = scene.bundle();
  bundle.parents = std::vector<Bytes>(kReceiptParentsMax + 1);
  CHECK(bundle.encode().error().is(ProvenanceError::kLimit));
}

}  // namespace
}  // namespace cocoon::provenance::bundle
