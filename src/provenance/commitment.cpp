#include "provenance/commitment.h"

#include "base/reader.h"
#include "codec/utf8.h"
#include "crypto/hash.h"

namespace cocoon::provenance {
namespace {

// Where a chunk stands: in its salt's info and in its leaf.
Bytes position_of(const OutputRun& run, std::uint32_t index) {
  Writer out;
  out.u32(run.choice).u32(run.part).u8(static_cast<std::uint8_t>(run.field)).u32(index);
  return std::move(out).take();
}

Salt chunk_salt(const OutputSalts& salts, const OutputRun& run, std::uint32_t index) {
  return salts.of_chunk(position_of(run, index));
}

MerkleHash chunk_leaf(const Salt& salt, const OutputRun& run, std::uint32_t index,
                      std::string_view text) {
  return merkle_leaf(
      {label("cocoon/1 chunk"), salt.view(), position_of(run, index), as_bytes(text)});
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

// Where to cut a text longer than a chunk: before the code point that would cross the limit, which
// starts at most three bytes ahead of it in any valid text.
std::size_t cut_point(std::string_view text) {
  std::size_t at = kChunkSize;
  while (at > kChunkSize - 3 && is_continuation(text[at])) --at;
  return at;
}

}  // namespace

std::string_view first_chunk(std::string_view text) {
  return text.size() <= kChunkSize ? text : text.substr(0, cut_point(text));
}

PromptCommitment commit_prompt(const Salt& salt, BytesView prompt) {
  return PromptCommitment(crypto::sha256({label("cocoon/1 prompt"), salt.view(), prompt}));
}

ParamsCommitment commit_params(const Salt& salt, BytesView params) {
  return ParamsCommitment(crypto::sha256({label("cocoon/1 params"), salt.view(), params}));
}

Status verify_chunk(const OutputCommitment& commitment, const ChunkProof& proof) {
  return verify_merkle_inclusion(commitment.root.bytes(),
                                 chunk_leaf(proof.salt, proof.run, proof.index, proof.text),
                                 proof.leaf_index, commitment.chunk_count, proof.path);
}

Result<ChunkProof> OutputTree::prove(const OutputSalts& salts, const OutputRun& run,
                                     std::uint32_t index, std::string_view text) const {
  const auto first = first_leaves_.find(run);
  if (first == first_leaves_.end() || index >= leaves_.size() - first->second) {
    return fail(ProvenanceError::kProofMismatch, "the answer has no such chunk");
  }
  const Salt salt = chunk_salt(salts, run, index);
  const std::uint32_t leaf_index = first->second + index;
  if (chunk_leaf(salt, run, index, text) != leaves_[leaf_index]) {
    return fail(ProvenanceError::kProofMismatch, "not the text of this chunk");
  }
  return ChunkProof{.run = run,
                    .index = index,
                    .salt = salt,
                    .text = std::string(text),
                    .leaf_index = leaf_index,
                    .path = merkle_inclusion_proof(leaves_, leaf_index)};
}

OutputCommitter::OutputCommitter(const OutputSalts& salts, OutputLimits limits)
    : salts_(salts.clone()), limits_(limits) {}

OutputCommitter::~OutputCommitter() {
  for (auto& [run, progress] : runs_) wipe(std::as_writable_bytes(std::span(progress.pending)));
}

Status OutputCommitter::commit_chunk(const OutputRun& run, Progress& progress,
                                     std::string_view text) {
  if (chunk_count_ == limits_.chunks) {
    return fail(ProvenanceError::kLimit, "answer longer than can be committed to");
  }
  if (!codec::is_valid_utf8(text)) {
    return fail(ProvenanceError::kNotText, "answer that is not UTF-8");
  }
  const auto index = static_cast<std::uint32_t>(progress.leaves.size());
  progress.leaves.push_back(chunk_leaf(chunk_salt(salts_, run, index), run, index, text));
  ++chunk_count_;
  return {};
}

Status OutputCommitter::add(const OutputRun& run, std::string_view text) {
  if (text.empty()) return {};
  auto found = runs_.find(run);
  if (found == runs_.end()) {
    if (runs_.size() == limits_.runs) {
      return fail(ProvenanceError::kLimit, "answer with too many parts");
    }
    found = runs_.emplace(run, Progress{}).first;
    found->second.pending.reserve(kChunkSize + 1);
  }
  Progress& progress = found->second;
  std::string& pending = progress.pending;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kChunkSize + 1 - pending.size());
    pending += piece;
    text.remove_prefix(piece.size());
    // A chunk ends only when the byte after it is known, because that tells where the last code
    // point ends.
    if (pending.size() <= kChunkSize) break;
    const std::string_view chunk = first_chunk(pending);
    TRY_VOID(commit_chunk(run, progress, chunk));
    pending.erase(0, chunk.size());
  }
  return {};
}

Result<OutputTree> OutputCommitter::finish() && {
  OutputTree tree;
  tree.leaves_.reserve(chunk_count_ + runs_.size());
  for (auto& [run, progress] : runs_) {
    TRY_VOID(commit_chunk(run, progress, progress.pending));
    tree.first_leaves_.emplace(run, static_cast<std::uint32_t>(tree.leaves_.size()));
    tree.leaves_.insert(tree.leaves_.end(), progress.leaves.begin(), progress.leaves.end());
  }
  tree.commitment_ = {.root = OutputRoot(merkle_root(tree.leaves_)), .chunk_count = chunk_count_};
  return tree;
}

}  // namespace cocoon::provenance
