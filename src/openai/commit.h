#pragma once

#include "openai/answer.h"
#include "provenance/commitment.h"

namespace cocoon::openai {

// How an API answer becomes what its receipt commits to. Worker and client both go through here,
// over the same bytes, so that they come to the same commitment (docs/formats/receipt.md).

// One segment of a stream or of a whole answer.
[[nodiscard]] Status commit(provenance::OutputCommitter& to, const Segment& segment);

// A body that stands for itself: an error.
[[nodiscard]] Status commit_body(provenance::OutputCommitter& to, BytesView body);

// A whole body under its HTTP status: its segments; or, if it is an error or no JSON answer, the
// body itself.
[[nodiscard]] Result<AnswerTotals> commit_whole(Endpoint endpoint, int status, BytesView body,
                                                provenance::OutputCommitter& to);

}  // namespace cocoon::openai
