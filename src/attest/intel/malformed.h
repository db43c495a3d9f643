#pragma once

#include <string_view>

#include "attest/intel/error.h"

namespace cocoon::attest::intel {

// Puts `what` in front of a failure's text; failures of other libraries become kMalformed, our own
// keep their code.
template <class T>
[[nodiscard]] Result<T> or_malformed(Result<T> result, std::string_view what) {
  if (result.has_value()) return result;
  Error error = std::move(result).error();
  if (error.library() == Library::kAttestIntel)
    return std::unexpected(std::move(error).with_context(what));
  return fail(IntelError::kMalformed, std::string(what) + ": " + error.message());
}

}  // namespace cocoon::attest::intel
