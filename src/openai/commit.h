#pragma once

#include "openai/answer.h"
#include "provenance/commitment.h"

namespace cocoon::openai {

// How an API answer becomes what its receipt commits to. Worker and client both go through here,
// over the same bytes, so that they come to the same commitment (docs/formats/receipt.md).

// Fields of segments have the same numbers in receipts.
[[nodiscard]] provenance::OutputField output_field(AnswerField field);

// One segment of a stream or of a whole answer.
[[nodiscard]] Status commit(provenance::OutputCommitter& to, const Segment& segment);

// A body that stands for itself: an error.
[[nodiscard]] Status commit_body(provenance::OutputCommitter& to, BytesView body);

// A whole body under its HTTP status: its segments; or, if it is an error or no JSON answer, the
// body itself.
[[nodiscard]] Result<AnswerTotals> commit_whole(Endpoint endpoint, int status, BytesView body,
                                                provenance::OutputCommitter& to);

struct RequestCommitments {
  provenance::PromptCommitment prompt;
  provenance::ParamsCommitment params;
};
// The two halves of a request's body as the app wrote it (docs/formats/answer-text.md). A body that
// is no JSON object has no halves: all of it counts as parameters, beside an empty prompt.
[[nodiscard]] RequestCommitments commit_request(Endpoint endpoint, BytesView body,
                                                const provenance::SaltRoot& salts);

}  // namespace cocoon::openai
