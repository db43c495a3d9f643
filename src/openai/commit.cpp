#include "openai/commit.h"

#include "openai/request.h"

namespace cocoon::openai {
namespace {

constexpr int kStatusOk = 200;

}  // namespace

provenance::OutputField output_field(AnswerField field) {
  switch (field) {
    case AnswerField::kContent:
      return provenance::OutputField::kContent;
    case AnswerField::kReasoning:
      return provenance::OutputField::kReasoning;
    case AnswerField::kRefusal:
      return provenance::OutputField::kRefusal;
    case AnswerField::kToolCallName:
      return provenance::OutputField::kToolCallName;
    case AnswerField::kToolCallArguments:
      return provenance::OutputField::kToolCallArguments;
    case AnswerField::kEmbedding:
      return provenance::OutputField::kEmbedding;
  }
  return provenance::OutputField::kBody;
}

Status commit(provenance::OutputCommitter& to, const Segment& segment) {
  return to.add(
      {.choice = segment.choice, .part = segment.part, .field = output_field(segment.field)},
      segment.text);
}

Status commit_body(provenance::OutputCommitter& to, BytesView body) {
  return to.add({.choice = 0, .part = 0, .field = provenance::OutputField::kBody}, as_text(body));
}

Result<AnswerTotals> commit_whole(Endpoint endpoint, int status, BytesView body,
                                  provenance::OutputCommitter& to) {
  Status committed;
  std::size_t segments = 0;
  if (status == kStatusOk) {
    auto totals = meter_body(endpoint, body, [&](const Segment& segment) {
      ++segments;
      if (committed) committed = commit(to, segment);
    });
    TRY_VOID(std::move(committed));
    if (totals && segments > 0) return totals;
    if (totals) {
      // An answer without text: the body stands for it.
      TRY_VOID(commit_body(to, body));
      return totals;
    }
  }
  TRY_VOID(commit_body(to, body));
  return AnswerTotals{};
}

RequestCommitments commit_request(Endpoint endpoint, BytesView body,
                                  const provenance::SaltRoot& salts) {
  const auto document = codec::parse_json(as_text(body));
  if (!document || document->as_object() == nullptr) {
    return {.prompt = provenance::commit_prompt(salts.prompt(), {}),
            .params = provenance::commit_params(salts.params(), body)};
  }
  return {.prompt = provenance::commit_prompt(salts.prompt(), prompt_part(endpoint, *document)),
          .params = provenance::commit_params(salts.params(), params_part(endpoint, *document))};
}

}  // namespace cocoon::openai
