#include "provenance/bundle/shown.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "provenance/bundle/scene_test.h"

namespace cocoon::provenance::bundle {
namespace {

using test::refused_by;
using test::Scene;

// Bytes 600 to 700 of the answer's text, in the chunks that hold them.
std::vector<ChunkProof> part_of(const Scene& scene) {
  const OutputTree tree = commit_runs(scene.salts.output(), scene.answer).value();
  return prove_range(tree, scene.salts.output(), scene.answer[0], 600, 700).value();
}

Bundle quoting(const Scene& scene) {
  Bundle out = scene.bare();
  out.shown.chunks = part_of(scene);
  return out;
}

Chain judge(const Scene& scene, const Bundle& bundle, const Presented& presented) {
  Verifier verifier;
  return verifier.verify(bundle, scene.trust(), &presented);
}

LinkState answer_of(const Chain& chain) { return chain.find(LinkName::kAnswer)->state; }

TEST_CASE("a part of an answer is proven alone, without its neighbours and their salts") {
  const Scene scene;
  const std::vector<ChunkProof> part = part_of(scene);
  REQUIRE(part.size() == 1);
  CHECK(part[0].index == 2);
  CHECK(part[0].text == scene.answer[0].text.substr(512, 256));
  const Bundle bundle = quoting(scene);
  const Chain chain = scene.judge(bundle);
  CHECK(chain.holds());
  CHECK(answer_of(chain) == LinkState::kProven);
  CHECK(chain.find(LinkName::kAnswer)->text.starts_with("part of the text is shown (1 of"));
  CHECK(std::ranges::find(chain.not_proven, "what the rest of the answer says") !=
        chain.not_proven.end());
  const Bytes bytes = bundle.encode().value();
  CHECK_FALSE(as_text(bytes).contains("Sentence number 1."));
  CHECK_FALSE(as_text(bytes).contains(as_text(scene.salts.output().expose())));
  CHECK(Bundle::decode(bytes)->encode().value() == bytes);
}

TEST_CASE("a part that was changed, moved or is another answer's is refused") {
  const Scene scene;
  const auto refused = [&](auto change) {
    Bundle bent = quoting(scene);
    change(bent.shown.chunks[0]);
    return refused_by(scene.judge(bent)).part == Part::kShown;
  };
  CHECK(refused([](ChunkProof& c) { c.text[0] = 'X'; }));
  CHECK(refused([](ChunkProof& c) { ++c.index; }));
  CHECK(refused([](ChunkProof& c) { ++c.run.choice; }));
  CHECK(refused([](ChunkProof& c) { c.salt = Salt(); }));
  CHECK(refused([](ChunkProof& c) { ++c.leaf_index; }));
  CHECK(refused([](ChunkProof& c) { c.path.pop_back(); }));
}

TEST_CASE("a text that somebody presents is proven as the whole answer or as words of it") {
  const Scene scene;
  Bundle with_salts = scene.bare();
  with_salts.shown.output_salts = scene.salts.output();
  const std::string text = scene.answer[0].text;
  CHECK(answer_of(scene.judge(with_salts)) == LinkState::kAbsent);
  CHECK(answer_of(judge(scene, with_salts, {.text = text, .readings = {scene.answer}})) ==
        LinkState::kProven);
  const auto refused = [&](const Bundle& bundle, const Presented& presented) {
    return refused_by(judge(scene, bundle, presented)).name == LinkName::kAnswer;
  };
  CHECK(refused(with_salts, {.text = text, .readings = {{scene.answer[0]}}}));
  CHECK(refused(with_salts, {.text = text.substr(1), .readings = {}}));
  CHECK(refused(scene.bare(), {.text = text, .readings = {scene.answer}}));

  const std::string quote = text.substr(600, 100);
  CHECK(answer_of(judge(scene, quoting(scene), {.text = quote + "\n", .readings = {}})) ==
        LinkState::kProven);
  CHECK(refused(quoting(scene), {.text = text.substr(500, 100), .readings = {}}));
  CHECK(refused(quoting(scene), {.text = "", .readings = {}}));
  CHECK(answer_of(judge(scene, scene.bundle(), {.text = quote, .readings = {}})) ==
        LinkState::kProven);
}

TEST_CASE("a question that is not the one that was asked is refused") {
  const Scene scene;
  Bundle bent = scene.bundle();
  CHECK(scene.judge(bent).find(LinkName::kQuestion)->state == LinkState::kProven);
  bent.shown.prompt->back() ^= std::byte{1};
  CHECK(refused_by(scene.judge(bent)).name == LinkName::kQuestion);
  bent = scene.bundle();
  bent.shown.params_salt = scene.salts.params();
  bent.shown.params = to_bytes("{}");
  CHECK(refused_by(scene.judge(bent)).name == LinkName::kQuestion);
}

TEST_CASE("what is shown has one encoding, and a text comes with its salt") {
  const Scene scene;
  const auto refused = [](Shown shown) { return !Shown::decode(shown.encode()).has_value(); };
  CHECK_FALSE(refused({}));
  Shown bare_text;
  bare_text.prompt = Bytes(1);
  CHECK(refused(std::move(bare_text)));
  Shown bare_runs;
  bare_runs.runs = scene.answer;
  CHECK(refused(std::move(bare_runs)));
  Shown endless;
  endless.chunks = std::vector<ChunkProof>(kShownChunksMax + 1, part_of(scene)[0]);
  CHECK(refused(std::move(endless)));
}

TEST_CASE("earlier receipts are those that the receipt names") {
  Scene first("first");
  Scene second("second");
  const Bytes one = first.signed_receipt();
  first.receipt.status = AnswerStatus::kLimit;
  const Bytes two = first.signed_receipt();
  second.receipt.parents = {receipt_hash(one), receipt_hash(two)};
  const auto judged = [&](std::vector<Bytes> parents) {
    Bundle bundle = second.bundle();
    bundle.parents = std::move(parents);
    return second.judge(*Bundle::decode(bundle.encode().value()));
  };
  const auto state = [&](std::vector<Bytes> parents) {
    return judged(std::move(parents)).find(LinkName::kParents)->state;
  };
  CHECK(state({one, two}) == LinkState::kProven);
  CHECK(state({two}) == LinkState::kProven);
  CHECK(state({}) == LinkState::kAbsent);
  CHECK(refused_by(judged({two, one})).part == Part::kParents);
  CHECK(refused_by(judged({one, one})).part == Part::kParents);
  CHECK(refused_by(judged({first.bundle().evidence})).part == Part::kParents);
}

}  // namespace
}  // namespace cocoon::provenance::bundle
