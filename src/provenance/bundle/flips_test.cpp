// What one flipped bit of a bundle does. COCOON_FLIPS=all tries every bit
// (tests/soak/bundle_flips); otherwise a sample.

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "provenance/bundle/scene_test.h"

namespace cocoon::provenance::bundle {
namespace {

using test::Scene;

bool tries_all() {
  const char* const wanted = std::getenv("COCOON_FLIPS");
  return wanted != nullptr && std::string_view(wanted) == "all";
}

Bytes flipped(Bytes bytes, std::size_t bit) {
  bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  return bytes;
}

// A bundle with something in each part.
struct Subject {
  Scene scene{"flips"};
  Bytes parent;

  Subject() {
    parent = scene.signed_receipt();
    scene.receipt.parents = {receipt_hash(parent)};
  }
  [[nodiscard]] Bundle bundle() const {
    Bundle out = scene.bundle();
    out.parents = {parent};
    out.shown.chunks = prove_range(commit_runs(scene.salts.output(), scene.answer).value(),
                                   scene.salts.output(), scene.answer[0], 0, 1)
                           .value();
    return out;
  }
};

TEST_CASE("a bundle file with one flipped bit is refused, and the reason names the part") {
  const Subject subject;
  const Bytes bytes = subject.bundle().encode().value();
  REQUIRE(subject.scene.judge(*Bundle::decode(bytes)).holds());
  const std::size_t step = tries_all() ? 1 : 101;
  std::map<std::string, std::size_t> refused;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += step) {
    CAPTURE(bit);
    const auto damaged = Bundle::decode(flipped(bytes, bit));
    REQUIRE_FALSE(damaged.has_value());
    const auto& part = damaged.error().part;
    ++refused[part ? std::string(name_of(*part)) : "frame"];
  }
  for (const auto& [part, count] : refused) MESSAGE(part << ": " << count << " refused");
  CHECK(refused.size() >= (tries_all() ? 9U : 7U));
}

// The same for someone who makes the bundle anew around the flipped bit, so that no digest gives
// him away.
struct Flips {
  std::size_t refused = 0;
  std::size_t without_meaning = 0;
};

Flips flip_part(const Subject& subject, Part part, std::size_t step) {
  const Chain before = subject.scene.judge(subject.bundle());
  Flips out;
  Verifier verifier;
  const auto field = [&](Bundle& bundle) -> Bytes& {
    switch (part) {
      case Part::kReceipt:
        return bundle.receipt;
      case Part::kEvidence:
        return bundle.evidence;
      case Part::kCollateral:
        return bundle.collateral;
      case Part::kParents:
        return bundle.parents[0];
      case Part::kShown:
      case Part::kBlock:
      case Part::kRegistry:
      case Part::kLog:
        break;
    }
    FAIL("not a part of plain bytes");
    return bundle.receipt;
  };
  Bundle original = subject.bundle();
  const std::size_t bits = field(original).size() * 8;
  for (std::size_t bit = 0; bit < bits; bit += step) {
    CAPTURE(bit);
    Bundle bent = subject.bundle();
    field(bent) = flipped(field(bent), bit);
    const Chain chain = verifier.verify(bent, subject.scene.trust());
    if (const Link* const link = chain.refused(); link != nullptr) {
      // A receipt's kid that no longer fits its evidence is told as evidence of another worker.
      const bool names_it = link->part == part ||
                            (part == Part::kReceipt && link->part == Part::kEvidence) ||
                            (part == Part::kEvidence && link->part != Part::kRegistry);
      REQUIRE(names_it);
      ++out.refused;
      continue;
    }
    // Upper case for lower in JSON, a line break in PEM: the verdict is the same to the last byte.
    REQUIRE(chain.to_json() == before.to_json());
    ++out.without_meaning;
  }
  return out;
}

TEST_CASE("a bundle made anew around a flipped bit is refused, or says the same") {
  const Subject subject;
  for (const auto& [part, step] : {std::pair{Part::kReceipt, std::size_t{7}},
                                   {Part::kEvidence, std::size_t{503}},
                                   {Part::kCollateral, std::size_t{4'001}},
                                   {Part::kParents, std::size_t{7}}}) {
    const Flips flips = flip_part(subject, part, tries_all() ? 1 : step);
    MESSAGE(name_of(part) << ": " << flips.refused << " refused, " << flips.without_meaning
                          << " without a meaning");
    CHECK(flips.refused > 0);
    if (part == Part::kReceipt || part == Part::kParents) CHECK(flips.without_meaning == 0);
  }
}

TEST_CASE("a log proof made anew around a flipped bit is refused") {
  const Subject subject;
  const std::string proof = subject.bundle().log_proof;
  Verifier verifier;
  for (std::size_t bit = 0; bit < proof.size() * 8; bit += tries_all() ? 1 : 5) {
    CAPTURE(bit);
    Bundle bent = subject.bundle();
    bent.log_proof = std::string(as_text(flipped(to_bytes(proof), bit)));
    REQUIRE(test::refused_by(verifier.verify(bent, subject.scene.trust())).part == Part::kLog);
  }
}

TEST_CASE("texts made anew around a flipped bit are refused") {
  const Subject subject;
  const Bytes shown = subject.bundle().shown.encode();
  Verifier verifier;
  for (std::size_t bit = 0; bit < shown.size() * 8; bit += tries_all() ? 1 : 37) {
    CAPTURE(bit);
    auto bent_shown = Shown::decode(flipped(shown, bit));
    if (!bent_shown) continue;
    Bundle bent = subject.bundle();
    bent.shown = std::move(*bent_shown);
    const Chain chain = verifier.verify(bent, subject.scene.trust());
    // A salt whose text is not shown vouches for nothing.
    if (chain.refused() == nullptr) {
      REQUIRE(!equal(bent.shown.encode(), shown));
      REQUIRE(chain.find(LinkName::kAnswer)->state == LinkState::kProven);
      REQUIRE(bent.shown.runs == subject.bundle().shown.runs);
      continue;
    }
    REQUIRE(test::refused_by(chain).part == Part::kShown);
  }
}

}  // namespace
}  // namespace cocoon::provenance::bundle
