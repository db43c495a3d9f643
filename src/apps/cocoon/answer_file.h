#pragma once

#include "provenance/bundle/verify.h"

namespace cocoon::apps {

// Every way in which a file that somebody kept of an answer may be read: as the JSON body or the
// event stream of each endpoint, or as the text itself.
[[nodiscard]] provenance::bundle::Presented read_answer(BytesView file);

// The reading that the receipt commits to, by these salts; kBadInput if none is it.
[[nodiscard]] Result<std::vector<provenance::bundle::ShownRun>> reading_of(
    const provenance::bundle::Presented& answer, const provenance::OutputSalts& salts,
    const provenance::Receipt& receipt);

}  // namespace cocoon::apps
