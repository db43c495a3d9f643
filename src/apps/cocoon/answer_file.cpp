#include "apps/cocoon/answer_file.h"

#include <algorithm>

#include "apps/cocoon/error.h"
#include "openai/commit.h"
#include "openai/stream_meter.h"

namespace cocoon::apps {
namespace {

using openai::Endpoint;
using provenance::OutputField;
using provenance::OutputRun;
using provenance::bundle::Presented;
using provenance::bundle::ShownRun;

constexpr Endpoint kEndpoints[] = {Endpoint::kChatCompletions, Endpoint::kCompletions,
                                   Endpoint::kEmbeddings, Endpoint::kResponses};

// Joins an answer's segments to runs.
class Runs {
 public:
  [[nodiscard]] openai::SegmentSink sink() {
    return [this](const openai::Segment& segment) {
      const OutputRun run{.choice = segment.choice,
                          .part = segment.part,
                          .field = openai::output_field(segment.field)};
      auto found = std::ranges::find(runs_, run, &ShownRun::run);
      if (found == runs_.end()) found = runs_.insert(found, ShownRun{.run = run, .text = {}});
      found->text += segment.text;
    };
  }
  [[nodiscard]] std::vector<ShownRun> take() && { return std::move(runs_); }

 private:
  std::vector<ShownRun> runs_;
};

std::vector<ShownRun> read_stream(Endpoint endpoint, BytesView file) {
  Runs runs;
  openai::StreamMeter meter(endpoint, openai::UsageChunk::kForward, runs.sink());
  if (!meter.feed(file)) return {};
  (void)meter.finish();
  return std::move(runs).take();
}

std::vector<ShownRun> read_body(Endpoint endpoint, BytesView file) {
  Runs runs;
  if (!openai::meter_body(endpoint, file, runs.sink())) return {};
  return std::move(runs).take();
}

}  // namespace

Presented read_answer(BytesView file) {
  Presented out{.text = std::string(as_text(file)), .readings = {}};
  const auto add = [&](std::vector<ShownRun> runs) {
    if (!runs.empty()) out.readings.push_back(std::move(runs));
  };
  for (const Endpoint endpoint : kEndpoints) {
    add(read_body(endpoint, file));
    add(read_stream(endpoint, file));
  }
  std::string text = out.text;
  add({{.run = {.choice = 0, .part = 0, .field = OutputField::kBody}, .text = text}});
  add({{.run = {}, .text = text}});
  // An editor's newline at the end.
  if (text.ends_with('\n')) text.pop_back();
  add({{.run = {}, .text = std::move(text)}});
  return out;
}

Result<std::vector<ShownRun>> reading_of(const Presented& answer,
                                         const provenance::OutputSalts& salts,
                                         const provenance::Receipt& receipt) {
  for (const std::vector<ShownRun>& runs : answer.readings) {
    const auto tree = provenance::bundle::commit_runs(salts, runs);
    if (tree && tree->commitment() == receipt.output) return runs;
  }
  return fail(AppError::kBadInput,
              "the file is not the answer of this receipt, whole and unchanged");
}

}  // namespace cocoon::apps
