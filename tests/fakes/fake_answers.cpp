#include "tests/fakes/fake_answers.h"

#include <cstring>

namespace fake {

namespace json = boost::json;

namespace {

std::string id_of(std::string_view prefix, const Identity& who) {
  return std::string(prefix) + "-fake-" + std::to_string(who.number);
}

json::object usage_of(const Request& request) {
  const std::uint64_t made =
      request.endpoint == Endpoint::kEmbeddings ? 0 : request.tokens * request.choices;
  if (request.endpoint == Endpoint::kResponses) {
    return {{"input_tokens", request.prompt_tokens},
            {"input_tokens_details", {{"cached_tokens", 0}}},
            {"output_tokens", made},
            {"output_tokens_details", {{"reasoning_tokens", 0}}},
            {"total_tokens", request.prompt_tokens + made}};
  }
  return {{"prompt_tokens", request.prompt_tokens},
          {"completion_tokens", made},
          {"total_tokens", request.prompt_tokens + made},
          {"prompt_tokens_details", {{"cached_tokens", 0}}}};
}

std::string whole_text(const Request& request) {
  if (request.plan.mode == Mode::kEcho) return request.raw;
  std::string text;
  for (std::uint64_t i = 0; i < request.tokens; ++i) text += token_text(request, i);
  return text;
}

bool wants_logprobs(const Request& request) {
  const json::value* wanted = request.body.if_contains("logprobs");
  return wanted != nullptr && (wanted->is_int64() || (wanted->is_bool() && wanted->get_bool()));
}

json::value logprobs_of(const Request& request, std::string_view text) {
  if (!wants_logprobs(request)) return nullptr;
  if (request.endpoint == Endpoint::kCompletions) {
    return json::object{{"tokens", json::array{text}},
                        {"token_logprobs", json::array{-0.5}},
                        {"top_logprobs", nullptr},
                        {"text_offset", json::array{0}}};
  }
  return json::object{{"content", json::array{json::object{{"token", text},
                                                           {"logprob", -0.5},
                                                           {"bytes", nullptr},
                                                           {"top_logprobs", json::array{}}}}},
                      {"refusal", nullptr}};
}

std::string first_tool(const Request& request) {
  boost::system::error_code error;
  const json::value body = request.body;
  const json::value* name = body.find_pointer("/tools/0/function/name", error);
  return name != nullptr && name->is_string() ? std::string(name->get_string()) : "no_tool";
}

std::string_view finish_reason(const Request& request) {
  if (request.plan.mode == Mode::kTool) return "tool_calls";
  return request.cut ? "length" : "stop";
}

json::object whole_choice(const Request& request, std::uint64_t index) {
  const std::string text = whole_text(request);
  if (request.endpoint == Endpoint::kCompletions) {
    return {{"index", index},
            {"text", text},
            {"logprobs", logprobs_of(request, text)},
            {"finish_reason", finish_reason(request)}};
  }
  json::object message{{"role", "assistant"}, {"content", text}};
  if (request.plan.mode == Mode::kTool) {
    message["content"] = nullptr;
    message["tool_calls"] = json::array{
        json::object{{"id", "call_fake"},
                     {"type", "function"},
                     {"function", {{"name", first_tool(request)}, {"arguments", "{}"}}}}};
  }
  return {{"index", index},
          {"message", std::move(message)},
          {"logprobs", logprobs_of(request, text)},
          {"finish_reason", finish_reason(request)}};
}

json::object response_object(const Request& request, const Identity& who, std::string_view status) {
  const bool done = status == "completed";
  json::array output;
  if (done) {
    output.push_back(
        json::object{{"type", "message"},
                     {"id", id_of("msg", who)},
                     {"status", "completed"},
                     {"role", "assistant"},
                     {"content", json::array{json::object{{"type", "output_text"},
                                                          {"text", whole_text(request)},
                                                          {"annotations", json::array{}}}}}});
  }
  return {{"id", id_of("resp", who)},
          {"object", "response"},
          {"created_at", who.created},
          {"status", status},
          {"error", nullptr},
          {"incomplete_details", nullptr},
          {"instructions", nullptr},
          {"model", who.model},
          {"output", std::move(output)},
          {"parallel_tool_calls", true},
          {"tool_choice", "auto"},
          {"tools", json::array{}},
          {"usage", done ? json::value(usage_of(request)) : json::value(nullptr)}};
}

std::string event(const json::object& data) { return "data: " + json::serialize(data) + "\n\n"; }

std::string named_event(std::string_view type, json::object data, std::uint64_t sequence) {
  data["type"] = type;
  data["sequence_number"] = sequence;
  return "event: " + std::string(type) + "\n" + event(data);
}

json::object stream_frame(const Request& request, const Identity& who, json::array choices) {
  const bool chat = request.endpoint == Endpoint::kChat;
  return {{"id", id_of(chat ? "chatcmpl" : "cmpl", who)},
          {"object", chat ? "chat.completion.chunk" : "text_completion"},
          {"created", who.created},
          {"model", who.model},
          {"choices", std::move(choices)}};
}

json::object delta_choice(std::uint64_t index, json::object delta, json::value finish) {
  return {{"index", index}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}};
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kAlphabet[group >> (18U - 6U * j) & 63U] : '=';
    }
  }
  return out;
}

}  // namespace

std::string whole_answer(const Request& request, const Identity& who) {
  if (request.endpoint == Endpoint::kResponses)
    return json::serialize(response_object(request, who, "completed"));
  json::array choices;
  for (std::uint64_t i = 0; i < request.choices; ++i) choices.push_back(whole_choice(request, i));
  json::object answer = stream_frame(request, who, std::move(choices));
  if (request.endpoint == Endpoint::kChat) answer["object"] = "chat.completion";
  answer["usage"] = usage_of(request);
  return json::serialize(answer);
}

std::string embeddings_answer(const Request& request, const Identity& who) {
  const json::value* input = request.body.if_contains("input");
  std::size_t count = 1;
  if (input != nullptr && input->is_array() && !input->get_array().empty() &&
      !input->get_array()[0].is_number()) {
    count = input->get_array().size();
  }
  const json::value* wanted = request.body.if_contains("dimensions");
  const std::size_t dimensions =
      wanted != nullptr && wanted->is_int64() ? static_cast<std::size_t>(wanted->get_int64()) : 8;
  const json::value* format = request.body.if_contains("encoding_format");
  const bool packed = format != nullptr && format->is_string() && format->get_string() == "base64";
  json::array data;
  for (std::size_t i = 0; i < count; ++i) {
    json::array numbers;
    std::string bytes;
    for (std::size_t j = 0; j < dimensions; ++j) {
      const float value = static_cast<float>(i + 1) / static_cast<float>(j + 1);
      numbers.push_back(value);
      bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    data.push_back(json::object{
        {"object", "embedding"},
        {"index", i},
        {"embedding", packed ? json::value(base64(bytes)) : json::value(std::move(numbers))}});
  }
  return json::serialize(json::object{
      {"object", "list"},
      {"model", who.model},
      {"data", std::move(data)},
      {"usage",
       {{"prompt_tokens", request.prompt_tokens}, {"total_tokens", request.prompt_tokens}}}});
}

std::string models_answer(const Identity& who) {
  return json::serialize(json::object{{"object", "list"},
                                      {"data", json::array{json::object{{"id", who.model},
                                                                        {"object", "model"},
                                                                        {"created", who.created},
                                                                        {"owned_by", "fake"}}}}});
}

std::string error_answer(int status, std::string_view message) {
  return json::serialize(
      json::object{{"error",
                    {{"message", message},
                     {"type", status < 500 ? "invalid_request_error" : "server_error"},
                     {"param", nullptr},
                     {"code", status}}}});
}

std::string stream_opening(const Request& request, const Identity& who) {
  if (request.endpoint == Endpoint::kResponses) {
    return named_event("response.created",
                       {{"response", response_object(request, who, "in_progress")}}, 0) +
           named_event("response.output_item.added",
                       {{"output_index", 0},
                        {"item",
                         {{"type", "message"},
                          {"id", id_of("msg", who)},
                          {"status", "in_progress"},
                          {"role", "assistant"},
                          {"content", json::array{}}}}},
                       1);
  }
  if (request.endpoint != Endpoint::kChat) return {};
  std::string out;
  for (std::uint64_t i = 0; i < request.choices; ++i) {
    out += event(stream_frame(
        request, who, {delta_choice(i, {{"role", "assistant"}, {"content", ""}}, nullptr)}));
  }
  return out;
}

std::string stream_token(const Request& request, const Identity& who, std::uint64_t choice,
                         std::uint64_t index) {
  const std::string text = token_text(request, index);
  switch (request.endpoint) {
    case Endpoint::kResponses:
      return named_event("response.output_text.delta",
                         {{"item_id", id_of("msg", who)},
                          {"output_index", 0},
                          {"content_index", 0},
                          {"delta", text}},
                         index + 2);
    case Endpoint::kCompletions:
      return event(stream_frame(request, who,
                                {json::object{{"index", choice},
                                              {"text", text},
                                              {"logprobs", logprobs_of(request, text)},
                                              {"finish_reason", nullptr}}}));
    case Endpoint::kChat:
    case Endpoint::kEmbeddings:
      break;
  }
  json::object delta{{"content", text}};
  if (request.plan.mode == Mode::kTool) {
    delta = {
        {"tool_calls", json::array{json::object{
                           {"index", 0},
                           {"id", "call_fake"},
                           {"type", "function"},
                           {"function", {{"name", first_tool(request)}, {"arguments", "{}"}}}}}}};
  }
  json::object piece = delta_choice(choice, std::move(delta), nullptr);
  if (wants_logprobs(request)) piece["logprobs"] = logprobs_of(request, text);
  return event(stream_frame(request, who, {std::move(piece)}));
}

std::string stream_closing(const Request& request, const Identity& who) {
  if (request.endpoint == Endpoint::kResponses) {
    return named_event("response.completed",
                       {{"response", response_object(request, who, "completed")}},
                       request.tokens + 2);
  }
  std::string out;
  for (std::uint64_t i = 0; i < request.choices; ++i) {
    json::object last = request.endpoint == Endpoint::kChat
                            ? delta_choice(i, {}, json::value(finish_reason(request)))
                            : json::object{{"index", i},
                                           {"text", ""},
                                           {"logprobs", nullptr},
                                           {"finish_reason", finish_reason(request)}};
    out += event(stream_frame(request, who, {std::move(last)}));
  }
  if (request.include_usage) {
    json::object usage = stream_frame(request, who, {});
    usage["usage"] = usage_of(request);
    out += event(usage);
  }
  return out + "data: [DONE]\n\n";
}

}  // namespace fake
