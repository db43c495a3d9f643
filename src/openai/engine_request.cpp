#include "openai/engine_request.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "openai/engine_fields.h"
#include "openai/fetches.h"

namespace cocoon::openai {
namespace {

using codec::Json;

// Not set, in the sense of the engines: nothing would come of it.
bool is_unset(const Json& value) {
  if (value.is_null()) return true;
  if (const bool* on = value.as_boolean()) return !*on;
  if (const std::string* text = value.as_string()) return text->empty();
  if (const Json::Array* list = value.as_array()) return list->empty();
  if (const Json::Object* members = value.as_object()) return members->empty();
  return false;
}

std::optional<ApiError> refuse_fields(Endpoint endpoint, const Json& document) {
  for (const auto& [name, value] : *document.as_object()) {
    const EngineField* field = find_engine_field(name);
    if (field == nullptr || field->rule != FieldRule::kRefuse || is_unset(value)) continue;
    return unsupported_parameter(
        name, "'" + name + "' is not available here: it " + std::string(field->reason) + ".");
  }
  if (const Json* options = document.find("chat_template_kwargs")) {
    // Rendered together with the template's own arguments, so that these two would replace them.
    for (const std::string_view name : {"chat_template", "tokenize"}) {
      if (options->find(name) == nullptr) continue;
      const std::string param = "chat_template_kwargs." + std::string(name);
      return unsupported_parameter(param, "'" + param + "' is not available here.");
    }
  }
  const Json* prompt = document.find("prompt");
  if (endpoint == Endpoint::kResponses && prompt != nullptr && !is_unset(*prompt)) {
    return unsupported_parameter("prompt", "Prompts stored on a server are not available here.");
  }
  return std::nullopt;
}

void override_fields(Endpoint endpoint, Json& document) {
  std::erase_if(*document.as_object(), [](const Json::Object::value_type& member) {
    const EngineField* field = find_engine_field(member.first);
    return field != nullptr && field->rule == FieldRule::kRemove;
  });
  for (auto& [name, value] : *document.as_object()) {
    const EngineField* field = find_engine_field(name);
    if (field != nullptr && field->rule == FieldRule::kForceFalse) value = Json::boolean(false);
  }
  // Both default to true: in llama-server the one, in the Responses API the other.
  if (endpoint != Endpoint::kEmbeddings) document.set("cache_prompt", Json::boolean(false));
  if (endpoint == Endpoint::kResponses) document.set("store", Json::boolean(false));
}

std::string_view bound_field(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kChatCompletions:
    case Endpoint::kCompletions:
      return "max_tokens";
    case Endpoint::kResponses:
      return "max_output_tokens";
    case Endpoint::kEmbeddings:
      break;
  }
  COCOON_CHECK(false);
  return {};
}

ApiResult<std::uint64_t> grant_output_tokens(const RequestFacts& facts,
                                             const EngineLimits& limits) {
  std::uint64_t each = limits.output_tokens_max / facts.choices;
  if (each == 0) {
    return std::unexpected(invalid_request(
        "The request's " + std::to_string(facts.choices) + " answers do not fit its limit of " +
        std::to_string(limits.output_tokens_max) + " output tokens."));
  }
  // Engines read the bound as a signed 32-bit number.
  constexpr std::uint64_t kEngineMax = std::numeric_limits<std::int32_t>::max();
  each = std::min(each, kEngineMax);
  if (limits.context_tokens > 0) each = std::min(each, limits.context_tokens);
  if (facts.output_tokens_each) each = std::min(each, *facts.output_tokens_each);
  return each;
}

// Afterwards no name of the bound allows more than `each`, and the endpoint's own name is there.
void bound_output(Endpoint endpoint, std::uint64_t each, Json& document) {
  const Json granted = Json::number(each);
  for (const std::string_view name : kOutputTokenFields) {
    Json* value = document.find(name);
    if (value == nullptr) continue;
    const Result<std::uint64_t> asked = value->as_unsigned();
    if (!asked || *asked > each) *value = granted;
  }
  const bool is_bounded =
      document.find(bound_field(endpoint)) != nullptr ||
      (endpoint == Endpoint::kChatCompletions && document.find("max_completion_tokens") != nullptr);
  if (!is_bounded) document.set(bound_field(endpoint), granted);
}

// A response's events carry the usage anyway.
UsageChunk ask_for_usage(Endpoint endpoint, const RequestFacts& facts, Json& document) {
  if (facts.form != AnswerForm::kEvents || endpoint == Endpoint::kResponses) {
    return UsageChunk::kForward;
  }
  Json* options = document.find("stream_options");
  if (options == nullptr || options->is_null()) {
    document.set("stream_options", Json::object());
    options = document.find("stream_options");
  }
  options->set("include_usage", Json::boolean(true));
  if (facts.usage == UsageWish::kAsked) return UsageChunk::kForward;
  // Without include_usage this one does nothing; with it, every chunk would show the usage.
  options->erase("continuous_usage_stats");
  return UsageChunk::kWithhold;
}

PreparedRequest::Listed ask_for_tokens(Endpoint endpoint, const RequestFacts& facts,
                                       Json& document) {
  const bool has_choices =
      endpoint == Endpoint::kChatCompletions || endpoint == Endpoint::kCompletions;
  if (!has_choices || facts.form == AnswerForm::kEvents || facts.choices < 2)
    return PreparedRequest::Listed::kAsAsked;
  for (const std::string_view name : {"logprobs", "top_logprobs", "n_probs"}) {
    const Json* const asked = document.find(name);
    if (asked != nullptr && !is_unset(*asked)) return PreparedRequest::Listed::kAsAsked;
  }
  if (endpoint == Endpoint::kChatCompletions) {
    document.set("logprobs", Json::boolean(true));
    document.set("top_logprobs", Json::number(std::uint64_t{1}));
  } else {
    document.set("logprobs", Json::number(std::uint64_t{1}));
  }
  return PreparedRequest::Listed::kForTheMeter;
}

}  // namespace

ApiResult<PreparedRequest> prepare_for_engine(Endpoint endpoint, BytesView body,
                                              const EngineLimits& limits) {
  PreparedRequest prepared;
  API_TRY(prepared.original, parse_request(endpoint, body, limits.request));
  const RequestFacts& facts = prepared.original.facts;
  Json document = prepared.original.document;
  if (auto refusal = refuse_fields(endpoint, document)) return std::unexpected(*std::move(refusal));
  if (auto refusal = refuse_fetches(document)) return std::unexpected(*std::move(refusal));

  override_fields(endpoint, document);
  if (!limits.model.empty()) document.set("model", Json::string(limits.model));
  if (endpoint != Endpoint::kEmbeddings) {
    API_TRY(prepared.output_tokens_each, grant_output_tokens(facts, limits));
    bound_output(endpoint, prepared.output_tokens_each, document);
  }
  prepared.usage_chunk = ask_for_usage(endpoint, facts, document);
  prepared.listed = ask_for_tokens(endpoint, facts, document);
  prepared.body = to_bytes(codec::write_json(document));
  return prepared;
}

}  // namespace cocoon::openai
