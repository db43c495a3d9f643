#include "provenance/bundle/verify.h"

#include <doctest/doctest.h>

#include "attest/policy_cbor.h"
#include "provenance/bundle/scene_test.h"

namespace cocoon::provenance::bundle {
namespace {

using test::refused_by;
using test::Scene;

LinkState state_of(const Chain& chain, LinkName name) {
  const Link* const link = chain.find(name);
  REQUIRE(link != nullptr);
  return link->state;
}

TEST_CASE("a bundle of an honest answer proves each link but the anchor") {
  const Scene scene;
  const Chain chain = scene.judge(scene.bundle());
  for (const Link& link : chain.links) {
    CAPTURE(name_of(link.name));
    CAPTURE(link.text);
    CHECK(link.state ==
          (link.name == LinkName::kAnchored ? LinkState::kAbsent : LinkState::kProven));
  }
  CHECK(chain.links.size() == 8);
  CHECK(chain.holds());
  CHECK(chain.receipt == scene.receipt);
  CHECK(chain.worker->kid() == scene.receipt.kid);
  CHECK(chain.log_index == 5);
  CHECK(chain.checkpoint->head.size == 9);
}

TEST_CASE("a bundle survives its encoding") {
  const Scene scene;
  const Bytes bytes = scene.bundle().encode().value();
  const auto decoded = Bundle::decode(bytes);
  REQUIRE(decoded.has_value());
  CHECK(decoded->encode().value() == bytes);
  CHECK(scene.judge(*decoded).holds());
}

TEST_CASE("without a registry of the caller's nothing that it lists is proven") {
  const Scene scene;
  Verifier verifier;
  Trust trust = scene.trust();
  trust.registry = nullptr;
  const Chain chain = verifier.verify(scene.bundle(), trust);
  CHECK_FALSE(chain.holds());
  CHECK(chain.refused() == nullptr);
  for (const LinkName name :
       {LinkName::kModel, LinkName::kImage, LinkName::kMachine, LinkName::kLogged}) {
    CHECK(state_of(chain, name) == LinkState::kUnproven);
  }
  CHECK(state_of(chain, LinkName::kReceipt) == LinkState::kProven);
  CHECK(state_of(chain, LinkName::kAnswer) == LinkState::kProven);
}

TEST_CASE("a registry that lists neither root, image, model nor machine refuses the bundle") {
  const auto part_refused = [](auto change) {
    const Scene scene;
    change(*scene.registry);
    return refused_by(scene.judge(scene.bundle())).name;
  };
  using registry::Snapshot;
  CHECK(part_refused([](Snapshot& s) { s.policy.roots = {attest::RootFingerprint()}; }) ==
        LinkName::kMachine);
  CHECK(part_refused([](Snapshot& s) { s.policy.images[0].mrtd[0] ^= std::byte{1}; }) ==
        LinkName::kImage);
  CHECK(part_refused([](Snapshot& s) { s.models.clear(); }) == LinkName::kModel);
  CHECK(part_refused([](Snapshot& s) { s.models[0].name = "another"; }) == LinkName::kModel);
  CHECK(part_refused([](Snapshot& s) { s.policy = {}; }) == LinkName::kMachine);
  const Scene scene;
  scene.registry->proxies.clear();
  CHECK(state_of(scene.judge(scene.bundle()), LinkName::kLogged) == LinkState::kUnproven);
}

TEST_CASE("a banned machine is refused") {
  const Scene scene;
  scene.registry->policy.banned_platforms = {scene.judge(scene.bundle()).worker->platform_id()};
  const Chain chain = scene.judge(scene.bundle());
  CHECK(refused_by(chain).name == LinkName::kMachine);
  CHECK(refused_by(chain).text.starts_with("banned"));
}

TEST_CASE("receipts swapped between answers are refused by the text") {
  const Scene scene;
  Scene other;
  other.answer[0].text += " And more.";
  other.receipt.output = commit_runs(other.salts.output(), other.answer).value().commitment();
  Bundle mixed = scene.bundle();
  mixed.receipt = other.signed_receipt();
  const Chain chain = scene.judge(mixed);
  CHECK(refused_by(chain).name == LinkName::kAnswer);
  CHECK(refused_by(chain).part == Part::kShown);
}

TEST_CASE("a truncated answer with a full receipt is refused") {
  const Scene scene;
  Bundle cut = scene.bundle();
  cut.shown.runs[0].text.resize(cut.shown.runs[0].text.size() - 1);
  CHECK(refused_by(scene.judge(cut)).part == Part::kShown);
  cut = scene.bundle();
  cut.shown.runs.pop_back();
  CHECK(refused_by(scene.judge(cut)).part == Part::kShown);
}

TEST_CASE("evidence of another worker is refused") {
  const Scene scene;
  const Scene other("other");
  Bundle mixed = scene.bundle();
  mixed.evidence = other.bundle().evidence;
  const Link link = refused_by(scene.judge(mixed));
  CHECK(link.part == Part::kEvidence);
  CHECK(link.text.contains("not that of the receipt's worker"));
  // Its statement beside a quote of another.
  attest::EvidenceBundle evidence = scene.worker.bundle();
  evidence.quote = other.worker.bundle().quote;
  mixed.evidence = evidence.encode();
  CHECK(refused_by(scene.judge(mixed)).part == Part::kEvidence);
}

TEST_CASE("a receipt that another key signed, or that contradicts the evidence, is refused") {
  const auto refusal = [](auto change) {
    Scene scene;
    change(scene);
    return refused_by(scene.judge(scene.bundle()));
  };
  CHECK(refusal([](Scene& s) { s.identity = test::key_of("thief"); }).part == Part::kReceipt);
  CHECK(refusal([](Scene& s) { s.receipt.model_hash = ModelHash(); }).part == Part::kReceipt);
  CHECK(refusal([](Scene& s) { s.receipt.image_hash = ImageHash(); }).part == Part::kReceipt);
  CHECK(refusal([](Scene& s) { s.receipt.masterchain_seqno = Seqno(1); }).part == Part::kReceipt);
  CHECK(refusal([](Scene& s) { s.receipt.kid = Kid(); }).part == Part::kEvidence);
  CHECK(refusal([](Scene& s) {
          s.receipt.started_at = s.receipt.ended_at =
              UnixMillis((std::uint64_t{s.worker.now.value()} + 1) * 1000);
        }).part == Part::kReceipt);
}

TEST_CASE("evidence that was too old when the answer was given is refused") {
  const Scene scene;
  Verifier verifier;
  Trust trust = scene.trust();
  trust.at =
      UnixSeconds(scene.worker.block.generated_at.value() +
                  static_cast<std::uint32_t>(scene.worker.policy.statement_age_max.count()) + 1);
  CHECK(refused_by(verifier.verify(scene.bundle(), trust)).part == Part::kBlock);
}

TEST_CASE("another block than the chain's is refused") {
  const Scene scene;
  Bundle bent = scene.bundle();
  bent.block.generated_at = UnixSeconds(bent.block.generated_at.value() + 1);
  CHECK(refused_by(scene.judge(bent)).part == Part::kBlock);
  // Without the chain's word, at least the one that the evidence names.
  Verifier verifier;
  Trust trust = scene.trust();
  trust.block.reset();
  bent = scene.bundle();
  bent.block.seqno = Seqno(bent.block.seqno.value() + 1);
  CHECK(refused_by(verifier.verify(bent, trust)).part == Part::kBlock);
  CHECK(verifier.verify(scene.bundle(), trust).holds());
}

TEST_CASE("a year-old bundle verifies at the time of its receipt, and not at another") {
  const Scene scene;
  const Bundle bundle = scene.bundle();
  Verifier verifier;
  Trust trust = scene.trust();
  trust.at = claimed_time(bundle).value();
  CHECK(verifier.verify(bundle, trust).holds());
  trust.at = UnixSeconds(trust.at.value() + 365 * 86'400);
  CHECK(refused_by(verifier.verify(bundle, trust)).part == Part::kBlock);
}

TEST_CASE("collateral that is missing, of another machine or out of its window is refused") {
  const Scene scene;
  Bundle bent = scene.bundle();
  bent.collateral.clear();
  CHECK(refused_by(scene.judge(bent)).part == Part::kCollateral);
  bent.collateral = Scene("other").bundle().collateral;
  CHECK(refused_by(scene.judge(bent)).part == Part::kCollateral);
  Scene expired;
  const std::string published =
      expired.worker.vendor.publish(expired.worker.platform, expired.worker.now, {.valid_for = 0})
          .value();
  expired.collateral = to_bytes(published);
  CHECK(refused_by(expired.judge(expired.bundle())).part == Part::kCollateral);
}

TEST_CASE("a forked log, another log and a checkpoint older than the receipt are refused") {
  const Scene scene;
  Bundle bent = scene.bundle();
  // Signed by the log, but without this receipt.
  bent.log_proof = Scene("other").log_proof(5, 9);
  CHECK(refused_by(scene.judge(bent)).part == Part::kLog);
  // Smaller than the entry's place.
  bent.log_proof = scene.log_proof(9, 9);
  CHECK(refused_by(scene.judge(bent)).text == "the checkpoint is older than the receipt's entry");
  // Under a key that is not the log's.
  Scene forged;
  forged.proxy = test::key_of("another proxy");
  bent.log_proof = forged.log_proof(5, 9);
  CHECK(refused_by(scene.judge(bent)).part == Part::kLog);
  bent.log_proof = "not a proof";
  CHECK(refused_by(scene.judge(bent)).part == Part::kLog);
  bent.log_proof.clear();
  const Chain chain = scene.judge(bent);
  CHECK(chain.holds());
  CHECK(state_of(chain, LinkName::kLogged) == LinkState::kAbsent);
}

TEST_CASE("a verifier that saw a worker before comes to the same chain, and is not fooled by it") {
  const Scene scene;
  const Bundle bundle = scene.bundle();
  Verifier verifier;
  const Chain cold = verifier.verify(bundle, scene.trust());
  const Chain warm = verifier.verify(bundle, scene.trust());
  CHECK(cold.holds());
  CHECK(warm.to_json() == cold.to_json());
  Bundle bent = scene.bundle();
  bent.receipt.back() ^= std::byte{1};
  CHECK(refused_by(verifier.verify(bent, scene.trust())).part == Part::kReceipt);
  // Another policy is another question.
  const Scene strict;
  strict.registry->policy.roots = {attest::RootFingerprint()};
  CHECK(refused_by(verifier.verify(bundle, strict.trust())).name == LinkName::kMachine);
  // A time that was not asked about is judged.
  Trust later = scene.trust();
  later.at = UnixSeconds(later.at.value() + 100'000);
  CHECK(refused_by(verifier.verify(bundle, later)).part == Part::kBlock);
}

}  // namespace
}  // namespace cocoon::provenance::bundle
