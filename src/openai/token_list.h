#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace cocoon::openai {

// The tokens of a whole answer that lists them one by one under its choices' `logprobs`: as
// `content` (chat, and llama-server everywhere) or as `tokens` (completions).
struct TokenList {
  std::uint64_t tokens = 0;  // over all choices
  Bytes rest;                // the answer without its choices' `logprobs`
};
// kBadAnswer if the body is not a JSON object.
[[nodiscard]] Result<TokenList> take_token_list(BytesView body);

}  // namespace cocoon::openai
