// A stranger who knows exactly what he looks for: the prompt and the answer, letter by letter. He
// has all that is public of it, and tries every run of bytes in it as the salt.

#include <doctest/doctest.h>

#include "provenance/bundle/scene_test.h"

namespace cocoon::provenance::bundle {
namespace {

using test::Scene;

struct Guess {
  Bytes prompt;
  std::vector<ShownRun> answer;
};

// Which of the receipt's commitments some piece of these bytes, or no salt at all, confirms.
struct Confirmed {
  bool prompt = false;
  bool answer = false;
};

Confirmed try_all(BytesView known, const Receipt& receipt, const Guess& guess) {
  Confirmed out;
  out.prompt = equal(crypto::sha256(guess.prompt), receipt.prompt.view()) ||
               commit_prompt(Salt(), guess.prompt) == receipt.prompt;
  for (std::size_t at = 0; at + Salt::kSize <= known.size(); ++at) {
    const Salt salt = Salt::from(known.subspan(at, Salt::kSize)).value();
    out.prompt = out.prompt || commit_prompt(salt, guess.prompt) == receipt.prompt;
    if (at + 32 > known.size()) continue;
    const BytesView wide = known.subspan(at, 32);
    const OutputSalts salts = OutputSalts::from(wide).value();
    out.answer = out.answer || commit_runs(salts, guess.answer)->commitment() == receipt.output;
    const SaltRoot root = SaltRoot::from(wide).value();
    out.prompt = out.prompt || commit_prompt(root.prompt(), guess.prompt) == receipt.prompt;
  }
  return out;
}

// One short answer, as "yes" is.
Scene short_scene() {
  Scene scene;
  scene.answer = {{.run = {}, .text = "yes"}};
  scene.receipt.output = commit_runs(scene.salts.output(), scene.answer).value().commitment();
  return scene;
}

TEST_CASE("who has log and receipt cannot test a guess of prompt or answer") {
  const Scene scene = short_scene();
  const Guess guess{.prompt = *scene.bundle().shown.prompt, .answer = scene.answer};
  // The log's public bytes hold not even the receipt.
  const std::string public_log = scene.log_proof(0, 1);
  CHECK_FALSE(try_all(as_bytes(public_log), scene.receipt, guess).prompt);
  CHECK_FALSE(as_text(as_bytes(public_log)).contains(scene.receipt.prompt.hex()));
  // Nor is it enough to have receipt and log proof, which a bundle that shows nothing is made of.
  Bundle bare = scene.bare();
  bare.evidence.clear();
  bare.collateral.clear();
  const Confirmed confirmed = try_all(bare.encode().value(), scene.receipt, guess);
  CHECK_FALSE(confirmed.prompt);
  CHECK_FALSE(confirmed.answer);
}

TEST_CASE("who is shown the answer's salts can check the answer, and still not the prompt") {
  const Scene scene = short_scene();
  const Guess guess{.prompt = *scene.bundle().shown.prompt, .answer = scene.answer};
  Shown shown;
  shown.output_salts = scene.salts.output();
  const Confirmed answer_only = try_all(shown.encode(), scene.receipt, guess);
  CHECK(answer_only.answer);
  CHECK_FALSE(answer_only.prompt);
  // The stranger's method works where there is something to find.
  shown.prompt_salt = scene.salts.prompt();
  CHECK(try_all(shown.encode(), scene.receipt, guess).prompt);
}

}  // namespace
}  // namespace cocoon::provenance::bundle
