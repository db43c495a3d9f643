#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json.h"
#include "openai/endpoint.h"

namespace cocoon::openai {

enum class AnswerForm : std::uint8_t { kWhole, kEvents };   // one JSON body, or server-sent events
enum class UsageWish : std::uint8_t { kNotAsked, kAsked };  // stream_options.include_usage

struct RequestLimits {
  // Fits the sealed request's 32 MiB together with its framing and padding.
  std::size_t body_bytes_max = (std::size_t{32} << 20U) - (std::size_t{64} << 10U);
  std::uint32_t choices_max = 16;    // n or best_of
  std::uint32_t prompts_max = 2048;  // prompts or inputs in one request
};

// What a request asks for, as far as the network must know it.
struct RequestFacts {
  std::string model;
  AnswerForm form = AnswerForm::kWhole;
  UsageWish usage = UsageWish::kNotAsked;
  // As asked for one choice: the smallest of max_tokens, max_completion_tokens, max_output_tokens
  // that are given.
  std::optional<std::uint64_t> output_tokens_each;
  // How many answers are generated: prompts × max(n, best_of); 0 for embeddings.
  std::uint64_t choices = 1;

  // As asked over all choices; nothing if the request sets no bound. Saturates.
  [[nodiscard]] std::optional<std::uint64_t> output_tokens_all() const;
};

// The fields that bound the output of one choice, by any endpoint's name for it. Engines disagree
// on which of them goes first when there are several, so that the smallest counts.
inline constexpr std::array<std::string_view, 4> kOutputTokenFields = {
    "max_tokens", "max_completion_tokens", "max_output_tokens", "n_predict"};
// -1 is how some apps write "no bound".
[[nodiscard]] bool is_unbounded(const codec::Json& output_tokens);

// A request that was read strictly: every field in its order, every number as it was written.
struct Request {
  codec::Json document;
  RequestFacts facts;
};

// Refuses with 400 and the place what is not one JSON object with a string `model` and well-typed
// fields of those that the network reads; with 413 what is too large. Any other field is left to
// the engine. Never changes the body.
[[nodiscard]] ApiResult<Request> parse_request(Endpoint endpoint, BytesView body,
                                               const RequestLimits& limits = {});
[[nodiscard]] ApiResult<RequestFacts> inspect_request(Endpoint endpoint, BytesView body,
                                                      const RequestLimits& limits = {});

// The two halves of a request that a receipt commits to apart, as canonical JSON objects: the
// prompt is the endpoint's `messages`, `prompt` or `input` field alone, the parameters are
// everything else in its order.
[[nodiscard]] Bytes prompt_part(Endpoint endpoint, const codec::Json& document);
[[nodiscard]] Bytes params_part(Endpoint endpoint, const codec::Json& document);

}  // namespace cocoon::openai
