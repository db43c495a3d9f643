#pragma once

#include "base/result.h"

namespace cocoon::openai {

// What can be wrong with an engine's answer. What is wrong with an app's request is an ApiError
// (api_error.h).
enum class OpenaiError : std::uint16_t {
  kEventTooLarge = 1,  // one server-sent event over its bound
  kBadAnswer = 2,      // an answer body that is not JSON of the endpoint's shape
};
constexpr Library library_of(OpenaiError) { return Library::kOpenai; }

}  // namespace cocoon::openai
