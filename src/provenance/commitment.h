#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "provenance/error.h"
#include "provenance/merkle.h"
#include "provenance/salt_root.h"

namespace cocoon::provenance {

// Salted commitments to what was asked and answered (docs/formats/receipt.md).
using PromptCommitment = Hash256<struct PromptCommitmentTag>;
using ParamsCommitment = Hash256<struct ParamsCommitmentTag>;
using OutputRoot = Hash256<struct OutputRootTag>;

// Of the two halves of a request's body as docs/formats/answer-text.md defines them, so that one
// can be shown without the other.
[[nodiscard]] PromptCommitment commit_prompt(const Salt& salt, BytesView prompt);
[[nodiscard]] ParamsCommitment commit_params(const Salt& salt, BytesView params);

// What kind of text a piece of an answer is. Numbers are part of the format.
enum class OutputField : std::uint8_t {
  kContent = 1,
  kReasoning = 2,
  kRefusal = 3,
  kToolCallName = 4,
  kToolCallArguments = 5,
  kEmbedding = 6,  // the answer's `data` array, as compact JSON
  kBody = 7,       // the whole body of an error, or of an answer without any of the above
};

// Which of an answer's texts a piece belongs to. One run's pieces, in order, are one text.
struct OutputRun {
  std::uint32_t choice = 0;
  std::uint32_t part = 0;  // index of the tool call, or of a response's output item
  OutputField field = OutputField::kContent;
  auto operator<=>(const OutputRun&) const = default;
};

// What a receipt holds of an answer.
struct OutputCommitment {
  OutputRoot root;
  std::uint32_t chunk_count = 0;
  bool operator==(const OutputCommitment&) const = default;
};

// One chunk of an answer and the proof that it is in it. Shows nothing of its neighbours.
struct ChunkProof {
  OutputRun run;
  std::uint32_t index = 0;  // of the chunk within its run
  Salt salt;
  std::string text;
  std::uint32_t leaf_index = 0;
  std::vector<MerkleHash> path;
};
[[nodiscard]] Status verify_chunk(const OutputCommitment& commitment, const ChunkProof& proof);

inline constexpr std::size_t kChunkSize =
    256;  // bytes of UTF-8, less where a code point would be cut

// The first chunk of a text that is UTF-8: all of it, or the longest piece of at most kChunkSize
// bytes that ends at the end of a code point.
[[nodiscard]] std::string_view first_chunk(std::string_view text);

struct OutputLimits {
  std::size_t runs = 1'024;
  std::uint32_t chunks = 131'072;  // over all runs: 32 MiB of text
};

// The leaves of a finished answer, in canonical order: by choice, part, field and index.
class OutputTree {
 public:
  [[nodiscard]] const OutputCommitment& commitment() const { return commitment_; }
  // Refuses a text that is not the one that was committed to at this place.
  [[nodiscard]] Result<ChunkProof> prove(const OutputSalts& salts, const OutputRun& run,
                                         std::uint32_t index, std::string_view text) const;

 private:
  friend class OutputCommitter;
  std::map<OutputRun, std::uint32_t> first_leaves_;
  std::vector<MerkleHash> leaves_;
  OutputCommitment commitment_;
};

// Takes an answer's text as it streams. The result depends on the text of each run alone, not on
// how it was cut into pieces nor on how the runs were interleaved. Keeps at most one chunk of text
// per run.
class OutputCommitter {
 public:
  explicit OutputCommitter(const OutputSalts& salts, OutputLimits limits = {});
  ~OutputCommitter();
  OutputCommitter(OutputCommitter&&) noexcept = default;
  OutputCommitter& operator=(OutputCommitter&&) noexcept = default;
  OutputCommitter(const OutputCommitter&) = delete;
  OutputCommitter& operator=(const OutputCommitter&) = delete;

  // A piece may end inside a code point. After a failure the committer is of no further use.
  [[nodiscard]] Status add(const OutputRun& run, std::string_view text);
  [[nodiscard]] Result<OutputTree> finish() &&;

 private:
  struct Progress {
    std::string pending;
    std::vector<MerkleHash> leaves;
  };
  [[nodiscard]] Status commit_chunk(const OutputRun& run, Progress& progress,
                                    std::string_view text);

  OutputSalts salts_;
  OutputLimits limits_;
  std::uint32_t chunk_count_ = 0;
  std::map<OutputRun, Progress> runs_;
};

}  // namespace cocoon::provenance
