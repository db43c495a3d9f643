#pragma once

#include <optional>
#include <string>
#include <vector>

#include "provenance/commitment.h"

namespace cocoon::provenance::bundle {

// All of the text of one run of an answer.
struct ShownRun {
  OutputRun run;
  std::string text;
  bool operator==(const ShownRun&) const = default;
};

inline constexpr std::size_t kShownRunsMax = 1'024;
inline constexpr std::size_t kShownChunksMax = 4'096;
inline constexpr std::size_t kShownBytesMax = std::size_t{12} * 1024 * 1024;

// What a bundle shows of the texts that its receipt commits to, as far as its maker wanted:
// nothing, chunks of the answer, all of it, what was asked. Salts without their text let others who
// know the text check it.
struct Shown {
  std::optional<Salt> prompt_salt;
  std::optional<Salt> params_salt;
  std::optional<OutputSalts> output_salts;
  std::optional<Bytes> prompt;  // only with its salt; so for the others
  std::optional<Bytes> params;
  std::vector<ShownRun> runs;  // all of the answer's, in their order
  std::vector<ChunkProof> chunks;

  [[nodiscard]] Bytes encode() const;
  // kMalformed for anything but what encode() writes, kLimit for more than the bounds above.
  [[nodiscard]] static Result<Shown> decode(BytesView cbor);
};

// What these runs, which may be in any order, commit to. Fails where OutputCommitter does, and for
// a run named twice.
[[nodiscard]] Result<OutputTree> commit_runs(const OutputSalts& salts,
                                             const std::vector<ShownRun>& runs);

// The chunks of the run's text that hold the bytes from `begin` to before `end`. kProofMismatch if
// the text is not what the tree was made of, kLimit if there are too many.
[[nodiscard]] Result<std::vector<ChunkProof>> prove_range(const OutputTree& tree,
                                                          const OutputSalts& salts,
                                                          const ShownRun& run, std::size_t begin,
                                                          std::size_t end);

}  // namespace cocoon::provenance::bundle
