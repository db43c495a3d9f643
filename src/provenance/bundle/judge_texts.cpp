#include <algorithm>

#include "provenance/bundle/judging.h"

namespace cocoon::provenance::bundle {
namespace {

Link refused(LinkName name, std::string why) {
  return {.name = name, .state = LinkState::kRefused, .text = std::move(why), .part = Part::kShown};
}

Link proven(LinkName name, std::string text) {
  return {.name = name, .state = LinkState::kProven, .text = std::move(text), .part = {}};
}

bool commits_to(const Shown& shown, const std::vector<ShownRun>& runs, const Receipt& receipt) {
  if (!shown.output_salts) return false;
  const auto tree = commit_runs(*shown.output_salts, runs);
  return tree.has_value() && tree->commitment() == receipt.output;
}

// Chunks of one run that follow each other are one piece of text.
std::vector<std::string> pieces_of(const std::vector<ChunkProof>& chunks) {
  std::vector<std::string> out;
  const ChunkProof* last = nullptr;
  for (const ChunkProof& chunk : chunks) {
    const bool follows =
        last != nullptr && last->run == chunk.run && last->index + 1 == chunk.index;
    if (!follows) out.emplace_back();
    out.back() += chunk.text;
    last = &chunk;
  }
  return out;
}

std::string_view without_newline(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool is_shown(std::string_view text, const Shown& shown) {
  text = without_newline(text);
  if (text.empty()) return false;
  const auto holds = [&](std::string_view whole) { return whole.contains(text); };
  return std::ranges::any_of(shown.runs, [&](const ShownRun& run) { return holds(run.text); }) ||
         std::ranges::any_of(pieces_of(shown.chunks), holds);
}

// Whether the text that somebody presents is the receipt's; nothing if nobody presents one.
std::optional<Link> judge_presented(const Shown& shown, const Receipt& receipt,
                                    const Presented* presented) {
  if (presented == nullptr) return std::nullopt;
  const bool is_whole = std::ranges::any_of(
      presented->readings,
      [&](const std::vector<ShownRun>& runs) { return commits_to(shown, runs, receipt); });
  if (is_whole) {
    return proven(LinkName::kAnswer, "the text presented is the whole answer, to the last byte");
  }
  if (is_shown(presented->text, shown)) {
    return proven(LinkName::kAnswer, "the text presented is in the answer, word for word");
  }
  const bool can_be_judged = shown.output_salts || !shown.chunks.empty();
  return refused(LinkName::kAnswer,
                 can_be_judged ? "the text presented is not the one that the receipt commits to"
                               : "the bundle has no salts to check a text with");
}

}  // namespace

bool shows_whole_answer(const Shown& shown, const Presented* presented) {
  return !shown.runs.empty() ||
         (presented != nullptr && shown.output_salts && shown.chunks.empty());
}

Link judge_answer(const Shown& shown, const Receipt& receipt, const Presented* presented) {
  if (!shown.runs.empty() && !commits_to(shown, shown.runs, receipt)) {
    return refused(LinkName::kAnswer, "the text shown is not the one that the receipt commits to");
  }
  for (const ChunkProof& chunk : shown.chunks) {
    if (!verify_chunk(receipt.output, chunk)) {
      return refused(LinkName::kAnswer,
                     "a piece of text shown is not in the answer that the receipt commits to");
    }
  }
  if (auto link = judge_presented(shown, receipt, presented)) return *std::move(link);
  if (!shown.runs.empty()) {
    return proven(LinkName::kAnswer, "the whole text is shown, and it is the one that was given");
  }
  if (!shown.chunks.empty()) {
    return proven(LinkName::kAnswer,
                  "part of the text is shown (" + std::to_string(shown.chunks.size()) + " of " +
                      std::to_string(receipt.output.chunk_count) + " chunks), as it was given");
  }
  return {.name = LinkName::kAnswer,
          .state = LinkState::kAbsent,
          .text = shown.output_salts ? "no text is shown; --answer checks one" : "no text is shown",
          .part = {}};
}

Link judge_question(const Shown& shown, const Receipt& receipt) {
  if (shown.prompt &&
      (!shown.prompt_salt || commit_prompt(*shown.prompt_salt, *shown.prompt) != receipt.prompt)) {
    return refused(LinkName::kQuestion,
                   "the prompt shown is not the one that the receipt commits to");
  }
  if (shown.params &&
      (!shown.params_salt || commit_params(*shown.params_salt, *shown.params) != receipt.params)) {
    return refused(LinkName::kQuestion,
                   "the parameters shown are not those that the receipt commits to");
  }
  if (!shown.prompt && !shown.params) {
    return {.name = LinkName::kQuestion,
            .state = LinkState::kAbsent,
            .text = "what was asked is not shown",
            .part = {}};
  }
  return proven(LinkName::kQuestion, shown.prompt
                                         ? "the prompt shown is the one that was asked"
                                         : "the parameters shown are those that were asked with");
}

}  // namespace cocoon::provenance::bundle
