#include "openai/request.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace cocoon::openai {
namespace {

using codec::Json;

constexpr std::size_t kModelNameMax = 256;

std::string_view prompt_key(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kChatCompletions:
      return "messages";
    case Endpoint::kCompletions:
      return "prompt";
    case Endpoint::kEmbeddings:
    case Endpoint::kResponses:
      return "input";
  }
  COCOON_CHECK(false);
  return {};
}

std::unexpected<ApiError> wrong_type(std::string_view param, std::string_view wanted) {
  return std::unexpected(invalid_parameter(
      param, "'" + std::string(param) + "' must be " + std::string(wanted) + "."));
}

std::unexpected<ApiError> missing(std::string_view param) {
  return std::unexpected(
      invalid_parameter(param, "Missing required parameter: '" + std::string(param) + "'."));
}

// The member, unless it is absent or null, which mean the same.
const Json* given(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

enum class Flag : std::uint8_t { kOff, kOn };

ApiResult<Flag> flag(const Json& object, std::string_view key, std::string_view param) {
  const Json* value = given(object, key);
  if (value == nullptr) return Flag::kOff;
  const bool* on = value->as_boolean();
  if (on == nullptr) return wrong_type(param, "a boolean");
  return *on ? Flag::kOn : Flag::kOff;
}

ApiResult<std::string> read_model(const Json& document) {
  const Json* model = given(document, "model");
  if (model == nullptr) return missing("model");
  const std::string* name = model->as_string();
  if (name == nullptr) return wrong_type("model", "a string");
  if (name->empty() || name->size() > kModelNameMax) {
    return wrong_type("model", "the name of a model");
  }
  return *name;
}

ApiResult<UsageWish> read_usage_wish(const Json& document) {
  const Json* options = given(document, "stream_options");
  if (options == nullptr) return UsageWish::kNotAsked;
  if (options->as_object() == nullptr) return wrong_type("stream_options", "an object");
  API_TRY(const Flag asked, flag(*options, "include_usage", "stream_options.include_usage"));
  return asked == Flag::kOn ? UsageWish::kAsked : UsageWish::kNotAsked;
}

ApiResult<std::optional<std::uint64_t>> read_output_tokens(const Json& document) {
  std::optional<std::uint64_t> smallest;
  for (const std::string_view key : kOutputTokenFields) {
    const Json* value = given(document, key);
    if (value == nullptr || is_unbounded(*value)) continue;
    const Result<std::uint64_t> count = value->as_unsigned();
    if (!count || *count == 0) return wrong_type(key, "an integer of at least 1");
    smallest = std::min(smallest.value_or(*count), *count);
  }
  return smallest;
}

ApiResult<std::uint64_t> read_multiplier(Endpoint endpoint, const Json& document,
                                         const RequestLimits& limits) {
  // The Responses API has one answer; an engine that made more would break its shape.
  const std::uint32_t choices_max = endpoint == Endpoint::kResponses ? 1 : limits.choices_max;
  std::uint64_t largest = 1;
  for (const std::string_view key : {"n", "best_of"}) {
    const Json* value = given(document, key);
    if (value == nullptr) continue;
    const Result<std::uint64_t> count = value->as_unsigned();
    if (!count || *count == 0 || *count > choices_max) {
      return wrong_type(key, "an integer from 1 to " + std::to_string(choices_max));
    }
    largest = std::max(largest, *count);
  }
  return largest;
}

// Engines read a list that has numbers in it as the tokens of one prompt, any other list as many
// prompts.
std::uint64_t count_prompts(const Json& prompt) {
  const Json::Array* list = prompt.as_array();
  if (list == nullptr || list->empty()) return 1;
  const bool is_tokens =
      std::ranges::any_of(*list, [](const Json& item) { return item.as_number() != nullptr; });
  return is_tokens ? 1 : list->size();
}

ApiResult<std::uint64_t> read_choices(Endpoint endpoint, const Json& document,
                                      const RequestLimits& limits) {
  const std::string_view key = prompt_key(endpoint);
  const Json* prompt = given(document, key);
  if (prompt == nullptr) return missing(key);
  if (endpoint == Endpoint::kChatCompletions && prompt->as_array() == nullptr) {
    return wrong_type(key, "an array");
  }
  API_TRY(const std::uint64_t multiplier, read_multiplier(endpoint, document, limits));
  const bool is_batch = endpoint == Endpoint::kCompletions || endpoint == Endpoint::kEmbeddings;
  const std::uint64_t prompts = is_batch ? count_prompts(*prompt) : 1;
  if (prompts > limits.prompts_max) {
    return wrong_type(key, "a list of at most " + std::to_string(limits.prompts_max));
  }
  return endpoint == Endpoint::kEmbeddings ? 0 : prompts * multiplier;
}

}  // namespace

bool is_unbounded(const Json& value) {
  const Json::Number* number = value.as_number();
  return number != nullptr && number->text == "-1";
}

std::optional<std::uint64_t> RequestFacts::output_tokens_all() const {
  if (!output_tokens_each) return std::nullopt;
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (choices != 0 && *output_tokens_each > kMax / choices) return kMax;
  return *output_tokens_each * choices;
}

ApiResult<Request> parse_request(Endpoint endpoint, BytesView body, const RequestLimits& limits) {
  if (body.size() > limits.body_bytes_max) {
    return std::unexpected(body_too_large(limits.body_bytes_max));
  }
  Result<Json> document = codec::parse_json(as_text(body));
  if (!document) return std::unexpected(malformed_json(document.error().message()));
  if (document->as_object() == nullptr) {
    return std::unexpected(malformed_json("expected an object"));
  }
  Request request;
  RequestFacts& facts = request.facts;
  API_TRY(facts.model, read_model(*document));
  API_TRY(const Flag stream, flag(*document, "stream", "stream"));
  if (stream == Flag::kOn && endpoint == Endpoint::kEmbeddings) {
    return std::unexpected(unsupported_parameter("stream", "Embeddings cannot be streamed."));
  }
  facts.form = stream == Flag::kOn ? AnswerForm::kEvents : AnswerForm::kWhole;
  API_TRY(facts.usage, read_usage_wish(*document));
  API_TRY(facts.output_tokens_each, read_output_tokens(*document));
  API_TRY(facts.choices, read_choices(endpoint, *document, limits));
  request.document = *std::move(document);
  return request;
}

ApiResult<RequestFacts> inspect_request(Endpoint endpoint, BytesView body,
                                        const RequestLimits& limits) {
  API_TRY(Request request, parse_request(endpoint, body, limits));
  return std::move(request.facts);
}

Bytes prompt_part(Endpoint endpoint, const Json& document) {
  Json part = Json::object();
  const std::string_view key = prompt_key(endpoint);
  if (const Json* prompt = document.find(key)) part.set(key, *prompt);
  return to_bytes(codec::write_json(part));
}

Bytes params_part(Endpoint endpoint, const Json& document) {
  Json::Object members;
  if (const Json::Object* object = document.as_object()) {
    const std::string_view key = prompt_key(endpoint);
    for (const auto& member : *object) {
      if (member.first != key) members.push_back(member);
    }
  }
  return to_bytes(codec::write_json(Json::object(std::move(members))));
}

}  // namespace cocoon::openai
