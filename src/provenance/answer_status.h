#pragma once

#include <cstdint>
#include <string_view>

#include "provenance/error.h"

namespace cocoon::provenance {

// How an answer ended. Numbers are part of the formats of receipts and bills.
enum class AnswerStatus : std::uint8_t {
  kOk = 0,
  kAborted = 1,  // the client went away
  kLimit = 2,    // stopped at max_output_tokens or max_price
  kError = 3,    // the engine failed
};
[[nodiscard]] std::string_view name_of(AnswerStatus status);  // "ok", "aborted", "limit", "error"
[[nodiscard]] Result<AnswerStatus> answer_status_from(std::uint64_t number);

}  // namespace cocoon::provenance
