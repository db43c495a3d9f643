#include "provenance/answer_status.h"

namespace cocoon::provenance {

std::string_view name_of(AnswerStatus status) {
  switch (status) {
    case AnswerStatus::kOk:
      return "ok";
    case AnswerStatus::kAborted:
      return "aborted";
    case AnswerStatus::kLimit:
      return "limit";
    case AnswerStatus::kError:
      return "error";
  }
  return "unknown";
}

Result<AnswerStatus> answer_status_from(std::uint64_t number) {
  for (const AnswerStatus status :
       {AnswerStatus::kOk, AnswerStatus::kAborted, AnswerStatus::kLimit, AnswerStatus::kError}) {
    if (number == static_cast<std::uint64_t>(status)) return status;
  }
  return fail(ProvenanceError::kMalformed, "unknown status of an answer");
}

}  // namespace cocoon::provenance
