#pragma once

#include <string>
#include <string_view>

#include "tests/fakes/fake_request.h"

namespace fake {

// Who answers and since when.
struct Identity {
  std::string model = "fake";
  std::int64_t created = 0;
  std::uint64_t number = 0;  // of the request
};

// Whole bodies.
[[nodiscard]] std::string whole_answer(const Request& request, const Identity& who);
[[nodiscard]] std::string embeddings_answer(const Request& request, const Identity& who);
[[nodiscard]] std::string models_answer(const Identity& who);
[[nodiscard]] std::string error_answer(int status, std::string_view message);

// A stream's pieces, each one or more whole server-sent events.
[[nodiscard]] std::string stream_opening(const Request& request, const Identity& who);
[[nodiscard]] std::string stream_token(const Request& request, const Identity& who,
                                       std::uint64_t choice, std::uint64_t index);
[[nodiscard]] std::string stream_closing(const Request& request, const Identity& who);

}  // namespace fake
