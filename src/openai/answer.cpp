#include "openai/answer.h"

#include <algorithm>
#include <limits>

namespace cocoon::openai {
namespace {

using codec::Json;

// An index of the answer; `otherwise` if it is absent or no sensible number.
std::uint32_t index_or(const Json* value, std::size_t otherwise) {
  const auto bounded = [](std::uint64_t index) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(index, std::numeric_limits<std::uint32_t>::max()));
  };
  if (value == nullptr) return bounded(otherwise);
  const Result<std::uint64_t> index = value->as_unsigned();
  return bounded(index.value_or(otherwise));
}

std::optional<std::uint64_t> first_count(const Json& object, std::string_view key,
                                         std::string_view other_key) {
  for (const std::string_view each : {key, other_key}) {
    const Json* value = object.find(each);
    if (value == nullptr) continue;
    if (const Result<std::uint64_t> count = value->as_unsigned()) return *count;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> detail_count(const Json& usage, std::string_view details_key,
                                          std::string_view other_details_key,
                                          std::string_view key) {
  for (const std::string_view each : {details_key, other_details_key}) {
    const Json* details = usage.find(each);
    if (details == nullptr) continue;
    if (const auto count = first_count(*details, key, key)) return count;
  }
  return std::nullopt;
}

const std::string* string_member(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value == nullptr ? nullptr : value->as_string();
}

std::optional<Usage> parse_usage(Endpoint endpoint, const Json& usage) {
  const auto input = first_count(usage, "prompt_tokens", "input_tokens");
  const auto output = first_count(usage, "completion_tokens", "output_tokens");
  if (!input || (!output && endpoint != Endpoint::kEmbeddings)) return std::nullopt;
  Usage parsed{.input_tokens = *input, .output_tokens = output.value_or(0)};
  const auto cached =
      detail_count(usage, "prompt_tokens_details", "input_tokens_details", "cached_tokens");
  parsed.cached_tokens = std::min(cached.value_or(0), parsed.input_tokens);
  auto reasoning =
      detail_count(usage, "completion_tokens_details", "output_tokens_details", "reasoning_tokens");
  if (!reasoning) reasoning = first_count(usage, "reasoning_tokens", "reasoning_tokens");
  parsed.reasoning_tokens = std::min(reasoning.value_or(0), parsed.output_tokens);
  return parsed;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

Usage sum(const Usage& a, const Usage& b) {
  const Usage& input = a.input_tokens >= b.input_tokens ? a : b;
  return {.input_tokens = input.input_tokens,
          .cached_tokens = input.cached_tokens,
          .output_tokens = saturating_sum(a.output_tokens, b.output_tokens),
          .reasoning_tokens = saturating_sum(a.reasoning_tokens, b.reasoning_tokens)};
}

bool is_present(const Json* value) { return value != nullptr && !value->is_null(); }

}  // namespace

void AnswerReader::emit(std::uint32_t choice, std::uint32_t part, AnswerField field,
                        const Json* text) {
  if (text == nullptr) return;
  const std::string* string = text->as_string();
  if (string == nullptr || string->empty()) return;
  ++segments_in_event_;
  if (sink_) sink_({.choice = choice, .part = part, .field = field, .text = *string});
}

// `choice` is the one whose chunk carries this usage, if it is not the whole answer's.
void AnswerReader::read_usage(const Json& usage, std::optional<std::uint32_t> choice) {
  const std::optional<Usage> reported = parse_usage(endpoint_, usage);
  if (!reported) return;
  if (choice) {
    usage_of_choices_[*choice] = *reported;
  } else {
    usage_of_all_ = usage_of_all_ ? sum(*usage_of_all_, *reported) : *reported;
  }
  totals_.usage = {};
  totals_.usage_source = UsageSource::kReported;
  if (usage_of_all_) {
    totals_.usage = *usage_of_all_;
    return;
  }
  for (const auto& [index, each] : usage_of_choices_) totals_.usage = sum(totals_.usage, each);
}

void AnswerReader::read_finish(std::string_view reason) {
  FinishReason& finish = totals_.finish_reason;
  if (finish == FinishReason::kLength) return;
  if (reason == "stop") {
    finish = FinishReason::kStop;
  } else if (reason == "length") {
    finish = FinishReason::kLength;
  } else if (reason == "tool_calls" || reason == "function_call") {
    finish = FinishReason::kToolCalls;
  } else if (reason == "content_filter") {
    finish = FinishReason::kContentFilter;
  } else {
    finish = FinishReason::kOther;
  }
}

void AnswerReader::read_tool_calls(std::uint32_t choice, const Json& message) {
  const auto read_function = [&](std::uint32_t part, const Json* function) {
    if (function == nullptr) return;
    emit(choice, part, AnswerField::kToolCallName, function->find("name"));
    emit(choice, part, AnswerField::kToolCallArguments, function->find("arguments"));
  };
  if (const Json* calls = message.find("tool_calls"); calls != nullptr && calls->as_array()) {
    for (std::size_t i = 0; i < calls->as_array()->size(); ++i) {
      const Json& call = (*calls->as_array())[i];
      const std::uint32_t part = index_or(call.find("index"), i);
      read_function(part, call.find("function"));
      if (const Json* custom = call.find("custom")) {
        emit(choice, part, AnswerField::kToolCallName, custom->find("name"));
        emit(choice, part, AnswerField::kToolCallArguments, custom->find("input"));
      }
    }
  }
  read_function(0, message.find("function_call"));
}

// A whole message or a delta of one. Engines name the reasoning either way, some of them both ways
// at once with the same text.
void AnswerReader::read_message(std::uint32_t choice, const Json& message) {
  const Json* reasoning = message.find("reasoning_content");
  if (!is_present(reasoning)) reasoning = message.find("reasoning");
  emit(choice, 0, AnswerField::kReasoning, reasoning);
  emit(choice, 0, AnswerField::kContent, message.find("content"));
  emit(choice, 0, AnswerField::kRefusal, message.find("refusal"));
  read_tool_calls(choice, message);
}

void AnswerReader::read_choices(const Json::Array& choices) {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Json& choice = choices[i];
    const std::uint32_t index = index_or(choice.find("index"), i);
    emit(index, 0, AnswerField::kContent, choice.find("text"));
    for (const std::string_view key : {"delta", "message"}) {
      if (const Json* message = choice.find(key)) read_message(index, *message);
    }
    if (const std::string* reason = string_member(choice, "finish_reason")) read_finish(*reason);
  }
}

void AnswerReader::read_output_item(std::uint32_t part, const Json& item) {
  const std::string* type = string_member(item, "type");
  if (type == nullptr) return;
  const auto each_text = [&](std::string_view list, std::string_view key, AnswerField field) {
    const Json* content = item.find(list);
    if (content == nullptr || content->as_array() == nullptr) return;
    for (const Json& piece : *content->as_array()) emit(0, part, field, piece.find(key));
  };
  if (*type == "message") {
    each_text("content", "text", AnswerField::kContent);
    each_text("content", "refusal", AnswerField::kRefusal);
  } else if (*type == "reasoning") {
    each_text("summary", "text", AnswerField::kReasoning);
    each_text("content", "text", AnswerField::kReasoning);
  } else if (*type == "function_call") {
    emit(0, part, AnswerField::kToolCallName, item.find("name"));
    emit(0, part, AnswerField::kToolCallArguments, item.find("arguments"));
  } else if (*type == "custom_tool_call") {
    emit(0, part, AnswerField::kToolCallName, item.find("name"));
    emit(0, part, AnswerField::kToolCallArguments, item.find("input"));
  }
}

// The closing facts of a response: usage, and why it ended.
void AnswerReader::read_response_end(const Json& response) {
  if (const Json* usage = response.find("usage"); usage != nullptr && !usage_of_all_) {
    read_usage(*usage, std::nullopt);
  }
  const std::string* status = string_member(response, "status");
  if (status != nullptr && *status == "completed") read_finish("stop");
  if (status != nullptr && *status == "incomplete") {
    const Json* details = response.find("incomplete_details");
    const std::string* reason = details == nullptr ? nullptr : string_member(*details, "reason");
    const std::string_view why = reason == nullptr ? std::string_view() : std::string_view(*reason);
    read_finish(why == "max_output_tokens" ? "length" : why);
  }
  note_failure(response);
  totals_.end = AnswerTotals::End::kDone;
}

void AnswerReader::read_response_event(const Json& event) {
  const std::string* type = string_member(event, "type");
  if (type == nullptr) return;
  if (*type == "response.output_item.added") {
    const std::uint32_t part = index_or(event.find("output_index"), items_started_);
    ++items_started_;
    // The texts of the item come as deltas; only a tool's name comes here and nowhere else.
    if (const Json* item = event.find("item")) {
      emit(0, part, AnswerField::kToolCallName, item->find("name"));
    }
    return;
  }
  if (*type == "response.completed" || *type == "response.incomplete" ||
      *type == "response.failed") {
    if (const Json* response = event.find("response")) read_response_end(*response);
    return;
  }
  if (*type == "error") {
    totals_.failure = AnswerTotals::Failure::kEngineError;
    return;
  }
  std::optional<AnswerField> field;
  if (*type == "response.output_text.delta") field = AnswerField::kContent;
  if (*type == "response.refusal.delta") field = AnswerField::kRefusal;
  if (*type == "response.reasoning_text.delta" ||
      *type == "response.reasoning_summary_text.delta") {
    field = AnswerField::kReasoning;
  }
  if (*type == "response.function_call_arguments.delta" ||
      *type == "response.custom_tool_call_input.delta") {
    field = AnswerField::kToolCallArguments;
  }
  if (!field) return;
  const std::uint32_t current = items_started_ == 0 ? 0 : items_started_ - 1;
  emit(0, index_or(event.find("output_index"), current), *field, event.find("delta"));
}

void AnswerReader::note_failure(const Json& document) {
  if (is_present(document.find("error"))) totals_.failure = AnswerTotals::Failure::kEngineError;
}

void AnswerReader::read_body(const Json& body) {
  segments_in_event_ = 0;
  note_failure(body);
  if (endpoint_ == Endpoint::kResponses) {
    if (const Json* output = body.find("output"); output != nullptr && output->as_array()) {
      std::uint32_t part = 0;
      for (const Json& item : *output->as_array()) read_output_item(part++, item);
    }
    read_response_end(body);
  } else if (endpoint_ == Endpoint::kEmbeddings) {
    if (const Json* data = body.find("data"); is_present(data)) {
      const Json text = Json::string(codec::write_json(*data));
      emit(0, 0, AnswerField::kEmbedding, &text);
    }
  } else if (const Json* choices = body.find("choices");
             choices != nullptr && choices->as_array()) {
    read_choices(*choices->as_array());
  }
  finish_event();
  if (const Json* usage = body.find("usage"); usage != nullptr && !usage_of_all_) {
    read_usage(*usage, std::nullopt);
  }
  totals_.end = AnswerTotals::End::kDone;
}

void AnswerReader::finish_event() {
  if (segments_in_event_ > 0) ++totals_.text_chunks;
  if (totals_.usage_source == UsageSource::kCounted && endpoint_ != Endpoint::kEmbeddings) {
    totals_.usage.output_tokens = totals_.text_chunks;
  }
}

AnswerReader::EventKind AnswerReader::read_event(std::string_view data) {
  if (data == "[DONE]") {
    totals_.end = AnswerTotals::End::kDone;
    return EventKind::kOrdinary;
  }
  const Result<Json> event = codec::parse_json(data);
  if (!event || event->as_object() == nullptr) return EventKind::kOrdinary;
  segments_in_event_ = 0;
  note_failure(*event);
  if (endpoint_ == Endpoint::kResponses) {
    read_response_event(*event);
    finish_event();
    return EventKind::kOrdinary;
  }
  const Json* choices = event->find("choices");
  const Json::Array* list = choices == nullptr ? nullptr : choices->as_array();
  if (list != nullptr) read_choices(*list);
  finish_event();
  const Json* usage = event->find("usage");
  if (usage == nullptr || usage->as_object() == nullptr) return EventKind::kOrdinary;
  if (list != nullptr && list->empty()) {
    read_usage(*usage, std::nullopt);
    return EventKind::kUsageOnly;
  }
  read_usage(*usage, list == nullptr ? 0 : index_or(list->front().find("index"), 0));
  return EventKind::kOrdinary;
}

Result<AnswerTotals> meter_body(Endpoint endpoint, BytesView body, SegmentSink sink) {
  const Result<Json> document =
      codec::parse_json(as_text(body), {.depth = 64, .nodes = kBodyNodesMax});
  if (!document || document->as_object() == nullptr) {
    return fail(OpenaiError::kBadAnswer, "the engine's answer is not a JSON object");
  }
  AnswerReader reader(endpoint, std::move(sink));
  reader.read_body(*document);
  return reader.totals();
}

}  // namespace cocoon::openai
