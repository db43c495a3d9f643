#include "openai/token_list.h"

#include <algorithm>

#include "codec/json.h"
#include "openai/answer.h"
#include "openai/error.h"

namespace cocoon::openai {
namespace {

using codec::Json;

std::uint64_t listed_by(const Json& choice) {
  const Json* const list = choice.find("logprobs");
  if (list == nullptr) return 0;
  std::uint64_t most = 0;
  for (const std::string_view key : {"content", "tokens"}) {
    const Json* const entries = list->find(key);
    if (entries != nullptr && entries->as_array() != nullptr)
      most = std::max<std::uint64_t>(most, entries->as_array()->size());
  }
  return most;
}

}  // namespace

Result<TokenList> take_token_list(BytesView body) {
  Result<Json> document = codec::parse_json(as_text(body), {.depth = 64, .nodes = kBodyNodesMax});
  if (!document || document->as_object() == nullptr)
    return fail(OpenaiError::kBadAnswer, "the engine's answer is not a JSON object");
  TokenList taken;
  Json* const choices = document->find("choices");
  if (choices != nullptr && choices->as_array() != nullptr) {
    for (Json& choice : *choices->as_array()) {
      taken.tokens += listed_by(choice);
      if (choice.as_object() != nullptr) choice.erase("logprobs");
    }
  }
  taken.rest = to_bytes(codec::write_json(*document));
  return taken;
}

}  // namespace cocoon::openai
