#include "openai/engine_fields.h"

#include <array>

namespace cocoon::openai {
namespace {

constexpr auto kExact = FieldMatch::kExact;
constexpr auto kPrefix = FieldMatch::kPrefix;
constexpr auto kRemove = FieldRule::kRemove;
constexpr auto kForceFalse = FieldRule::kForceFalse;
constexpr auto kRefuse = FieldRule::kRefuse;

constexpr std::string_view kSlots = "picks the engine's slot, and with it another request's cache";
constexpr std::string_view kCaches = "keys or steers caches that requests would share";
constexpr std::string_view kAdapters = "selects weights other than the attested model's";
constexpr std::string_view kRouting = "moves the request or its cache to another machine";
constexpr std::string_view kSessions = "ties the request to state left in the engine";
constexpr std::string_view kQueue = "jumps the queue that all requests share";
constexpr std::string_view kInsides = "exposes the engine's insides in place of the API's answer";
constexpr std::string_view kShape = "changes the answer's frame, which metering relies on";
constexpr std::string_view kTemplate = "is set from the model's own chat template";
constexpr std::string_view kNames = "would appear in the engine's logs or metrics";
constexpr std::string_view kCode = "loads code into the engine";
constexpr std::string_view kPickle = "is decoded as a serialized tensor, which can run code";
constexpr std::string_view kStore = "would keep the conversation in the engine after the answer";
constexpr std::string_view kHasState = "needs a conversation stored on a server; none is kept";

constexpr EngineField kTable[] = {
    // llama-server
    {"id_slot", kRemove, kExact, kSlots},
    {"slot_", kRemove, kPrefix, kSlots},
    {"cache_prompt", kForceFalse, kExact, kCaches},
    {"n_cache_reuse", kRemove, kExact, kCaches},
    {"n_cmpl", kRemove, kExact, "is another name of n that the output bound does not see"},
    {"n_predict", kRemove, kExact, "is another name of max_tokens that would win over it"},
    {"n_keep", kRemove, kExact, "steers context shifting, which is off"},
    {"n_discard", kRemove, kExact, "steers context shifting, which is off"},
    {"lora", kRemove, kExact, kAdapters},
    {"verbose", kRemove, kExact, kInsides},
    {"return_tokens", kRemove, kExact, kInsides},
    {"return_progress", kRemove, kExact, kInsides},
    {"timings_per_token", kRemove, kExact, kInsides},
    {"response_fields", kRemove, kExact, kShape},
    {"sse_ping_interval", kRemove, kExact, "sets the pace of the engine's stream"},
    {"backend_sampling", kRemove, kExact, "moves the sampler to the accelerator"},
    {"speculative.", kRemove, kPrefix, "steers the draft model"},
    {"reasoning_control", kRemove, kExact, "opens the answer to control requests by its id"},
    {"chat_format", kRemove, kExact, kTemplate},
    {"chat_parser", kRemove, kExact, kTemplate},
    {"generation_prompt", kRemove, kExact, kTemplate},
    {"grammar_type", kRemove, kExact, kTemplate},
    {"grammar_lazy", kRemove, kExact, kTemplate},
    {"grammar_triggers", kRemove, kExact, kTemplate},
    {"preserved_tokens", kRemove, kExact, kTemplate},
    {"message_delimiters", kRemove, kExact, kTemplate},
    // vLLM
    {"cache_salt", kRemove, kExact, kCaches},
    {"kv_transfer_params", kRemove, kExact, kRouting},
    {"ec_transfer_params", kRemove, kExact, kRouting},
    {"vllm_xargs", kRemove, kExact, "carries private arguments of engine extensions"},
    {"mm_processor_kwargs", kRemove, kExact, "passes arguments to the engine's media loaders"},
    {"media_io_kwargs", kRemove, kExact, "passes arguments to the engine's media loaders"},
    {"request_id", kRemove, kExact, kNames},
    {"priority", kRemove, kExact, kQueue},
    {"lora_request", kRemove, kExact, kAdapters},
    {"logits_processors", kRefuse, kExact, kCode},
    {"prompt_embeds", kRefuse, kExact, kPickle},
    {"chat_template", kRefuse, kExact, "is a program for the engine; the model's own is used"},
    // SGLang
    {"lora_path", kRemove, kExact, kAdapters},
    {"session_id", kRemove, kExact, kSessions},
    {"session_params", kRemove, kExact, kSessions},
    {"extra_key", kRemove, kExact, kCaches},
    {"ngram_corpus_id", kRemove, kExact, kSessions},
    {"custom_logit_processor", kRefuse, kExact, kCode},
    {"custom_params", kRemove, kExact, "are arguments of custom_logit_processor"},
    {"custom_labels", kRemove, kExact, kNames},
    {"rid", kRemove, kExact, kNames},
    {"return_hidden_states", kRemove, kExact, kInsides},
    {"return_routed_experts", kRemove, kExact, kInsides},
    {"routed_experts_start_len", kRemove, kExact, kInsides},
    {"return_cached_tokens_details", kRemove, kExact, kInsides},
    {"return_meta_info", kRemove, kExact, kInsides},
    {"bootstrap_", kRemove, kPrefix, kRouting},
    {"routed_dp_rank", kRemove, kExact, kRouting},
    {"disagg_prefill_dp_rank", kRemove, kExact, kRouting},
    {"data_parallel_rank", kRemove, kExact, kRouting},
    // The OpenAI API's own state on a server
    {"store", kForceFalse, kExact, kStore},
    {"background", kRefuse, kExact, kStore},
    {"previous_response_id", kRefuse, kExact, kHasState},
    {"conversation", kRefuse, kExact, kHasState},
};

}  // namespace

std::span<const EngineField> engine_fields() { return kTable; }

const EngineField* find_engine_field(std::string_view name) {
  for (const EngineField& field : kTable) {
    const bool matches =
        field.match == FieldMatch::kExact ? name == field.name : name.starts_with(field.name);
    if (matches) return &field;
  }
  return nullptr;
}

}  // namespace cocoon::openai
