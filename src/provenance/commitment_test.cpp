#include "provenance/commitment.h"

#include <doctest/doctest.h>

#include <random>

namespace cocoon::provenance {
namespace {

SaltRoot salts_of(std::uint8_t fill) { return SaltRoot::from(Bytes(32, std::byte{fill})).value(); }

struct Piece {
  OutputRun run;
  std::string text;
};

Result<OutputTree> commit(const std::vector<Piece>& pieces, OutputLimits limits = {}) {
  OutputCommitter committer(salts_of(1).output(), limits);
  for (const Piece& piece : pieces) TRY_VOID(committer.add(piece.run, piece.text));
  return std::move(committer).finish();
}

OutputCommitment commitment_of(const std::vector<Piece>& pieces) {
  return commit(pieces).value().commitment();
}

constexpr OutputRun kFirst{.choice = 0, .part = 0, .field = OutputField::kContent};
constexpr OutputRun kSecond{.choice = 1, .part = 0, .field = OutputField::kContent};
constexpr OutputRun kReasoning{.choice = 0, .part = 0, .field = OutputField::kReasoning};

// Text with code points of every length, so that chunk borders fall in the middle of some.
std::string mixed_text(std::size_t code_points, std::uint32_t seed) {
  constexpr std::string_view kKinds[] = {"a", "\xc3\xa9", "\xe6\xb0\xb4", "\xf0\x9f\x98\x80"};
  std::mt19937 random(seed);
  std::string text;
  for (std::size_t i = 0; i < code_points; ++i) text += kKinds[random() % 4];
  return text;
}

TEST_CASE("commitments to prompt and params depend on salt, kind and bytes") {
  const SaltRoot salts = salts_of(1);
  const PromptCommitment prompt = commit_prompt(salts.prompt(), as_bytes("hello"));
  CHECK(prompt == commit_prompt(salts.prompt(), as_bytes("hello")));
  CHECK(prompt != commit_prompt(salts.prompt(), as_bytes("hello ")));
  CHECK(prompt != commit_prompt(salts_of(2).prompt(), as_bytes("hello")));
  CHECK(prompt.hex() != commit_params(salts.params(), as_bytes("hello")).hex());
  CHECK(commit_params(salts.params(), {}) != commit_params(salts_of(2).params(), {}));
}

TEST_CASE("output commitment of nothing is the empty tree") {
  const OutputCommitment nothing = commitment_of({});
  CHECK(nothing.chunk_count == 0);
  CHECK(nothing.root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(commitment_of({{kFirst, ""}, {kSecond, ""}}) == nothing);
}

TEST_CASE("output commitment does not depend on how the text was streamed") {
  const std::string content = mixed_text(900, 1);
  const std::string reasoning = mixed_text(300, 2);
  const OutputCommitment whole = commitment_of({{kFirst, content}, {kReasoning, reasoning}});
  CHECK(commitment_of({{kReasoning, reasoning}, {kFirst, content}}) == whole);
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<Piece> pieces;
    std::size_t content_at = 0;
    std::size_t reasoning_at = 0;
    while (content_at < content.size() || reasoning_at < reasoning.size()) {
      const std::size_t size = random() % 40;  // zero and the middle of a code point included
      pieces.push_back({kFirst, content.substr(std::min(content_at, content.size()), size)});
      pieces.push_back(
          {kReasoning, reasoning.substr(std::min(reasoning_at, reasoning.size()), size)});
      content_at += size;
      reasoning_at += size;
    }
    CHECK(commitment_of(pieces) == whole);
  }
}

TEST_CASE("output commitment tells texts, runs and orders apart") {
  const OutputCommitment base = commitment_of({{kFirst, "abc"}});
  CHECK(base.chunk_count == 1);
  CHECK(commitment_of({{kFirst, "abd"}}) != base);
  CHECK(commitment_of({{kFirst, "abc "}}) != base);
  CHECK(commitment_of({{kSecond, "abc"}}) != base);
  CHECK(commitment_of({{kReasoning, "abc"}}) != base);
  CHECK(commitment_of({{{.choice = 0, .part = 1}, "abc"}}) != base);
  CHECK(commitment_of({{kFirst, "ab"}, {kSecond, "c"}}) !=
        commitment_of({{kFirst, "a"}, {kSecond, "bc"}}));
  CHECK(commitment_of({{kFirst, "x"}, {kFirst, "y"}}) !=
        commitment_of({{kFirst, "y"}, {kFirst, "x"}}));
}

TEST_CASE("output chunks hold 256 bytes or end before the code point that would cross") {
  CHECK(commitment_of({{kFirst, std::string(256, 'a')}}).chunk_count == 1);
  CHECK(commitment_of({{kFirst, std::string(257, 'a')}}).chunk_count == 2);
  CHECK(commitment_of({{kFirst, std::string(512, 'a')}}).chunk_count == 2);
  const std::string emoji = "\xf0\x9f\x98\x80";
  for (std::size_t before = 252; before <= 256; ++before) {
    const std::string text = std::string(before, 'a') + emoji;
    const OutputTree tree = commit({{kFirst, text}}).value();
    const std::size_t first_size = before == 252 ? 256 : before;
    CHECK(tree.commitment().chunk_count == (before == 252 ? 1 : 2));
    CHECK(tree.prove(salts_of(1).output(), kFirst, 0, text.substr(0, first_size)).has_value());
  }
}

TEST_CASE("output chunks prove themselves and nothing else") {
  const std::string content = mixed_text(1000, 3);
  const std::string other(600, 'z');
  const OutputTree tree = commit({{kSecond, other}, {kFirst, content}}).value();
  const OutputCommitment commitment = tree.commitment();
  const std::string quoted = other.substr(256, 256);
  const Result<ChunkProof> proof = tree.prove(salts_of(1).output(), kSecond, 1, quoted);
  REQUIRE(proof.has_value());
  CHECK(proof->leaf_index == commitment.chunk_count - 2);
  REQUIRE(verify_chunk(commitment, *proof).has_value());

  const auto refused = [&](auto change) {
    ChunkProof changed = *proof;
    change(changed);
    const Status verified = verify_chunk(commitment, changed);
    return !verified && verified.error().is(ProvenanceError::kProofMismatch);
  };
  CHECK(refused([](ChunkProof& p) { p.text[0] = 'y'; }));
  CHECK(refused([](ChunkProof& p) { p.text += 'z'; }));
  CHECK(refused([](ChunkProof& p) { p.run.choice = 0; }));
  CHECK(refused([](ChunkProof& p) { p.run.part = 1; }));
  CHECK(refused([](ChunkProof& p) { p.run.field = OutputField::kRefusal; }));
  CHECK(refused([](ChunkProof& p) { p.index = 0; }));
  CHECK(refused([](ChunkProof& p) { p.leaf_index -= 1; }));
  CHECK(refused([](ChunkProof& p) { p.salt = Salt(); }));
  CHECK(refused([](ChunkProof& p) { p.path.pop_back(); }));
  CHECK(refused([](ChunkProof& p) { p.path[0][0] ^= std::byte{1}; }));
  OutputCommitment wrong_count = commitment;
  wrong_count.chunk_count *= 2;
  CHECK_FALSE(verify_chunk(wrong_count, *proof).has_value());
}

TEST_CASE("output tree refuses to prove what is not in the answer") {
  const OutputTree tree = commit({{kFirst, std::string(300, 'a')}, {kSecond, "b"}}).value();
  const std::string first(256, 'a');
  const auto refusal = [&](const OutputRun& run, std::uint32_t index, std::string_view text) {
    return tree.prove(salts_of(1).output(), run, index, text).error();
  };
  REQUIRE(tree.prove(salts_of(1).output(), kFirst, 0, first).has_value());
  CHECK(refusal(kFirst, 1, first).is(ProvenanceError::kProofMismatch));
  CHECK(refusal(kFirst, 2, "b").is(ProvenanceError::kProofMismatch));  // the next run's leaf
  CHECK(refusal(kFirst, 3, first).is(ProvenanceError::kProofMismatch));
  CHECK(refusal(kFirst, 0xffffffff, first).is(ProvenanceError::kProofMismatch));
  CHECK(refusal(kReasoning, 0, first).is(ProvenanceError::kProofMismatch));
  CHECK_FALSE(tree.prove(salts_of(2).output(), kFirst, 0, first).has_value());
}

TEST_CASE("output commitment refuses text that is not UTF-8 however it arrives") {
  for (const std::string_view text :
       {"\xff", "abc\xc3", "\xed\xa0\x80", "a\x80z", "\xf0\x9f\x98"}) {
    const Result<OutputTree> whole = commit({{kFirst, std::string(text)}});
    REQUIRE_FALSE(whole.has_value());
    CHECK(whole.error().is(ProvenanceError::kNotText));
    std::vector<Piece> bytes;
    for (const char c : text) bytes.push_back({kFirst, std::string(1, c)});
    CHECK_FALSE(commit(bytes).has_value());
  }
  CHECK_FALSE(commit({{kFirst, std::string(1000, '\x80')}}).has_value());
  CHECK_FALSE(commit({{kFirst, std::string(256, 'a') + "\xa9"}}).has_value());
}

TEST_CASE("output commitment bounds its memory") {
  const OutputLimits limits{.runs = 2, .chunks = 3};
  CHECK(commit({{kFirst, "a"}, {kSecond, "b"}}, limits).has_value());
  CHECK(commit({{kFirst, "a"}, {kSecond, "b"}, {kReasoning, "c"}}, limits)
            .error()
            .is(ProvenanceError::kLimit));
  CHECK(commit({{kFirst, std::string(768, 'a')}}, limits).has_value());
  CHECK(commit({{kFirst, std::string(769, 'a')}}, limits).error().is(ProvenanceError::kLimit));
  CHECK(commit({{kFirst, std::string(100'000, 'a')}}, limits).error().is(ProvenanceError::kLimit));
}

}  // namespace
}  // namespace cocoon::provenance
