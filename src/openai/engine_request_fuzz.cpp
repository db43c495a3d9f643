#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "openai/engine_fields.h"
#include "openai/engine_request.h"

namespace {

using namespace cocoon;
using namespace cocoon::openai;
using codec::Json;

constexpr std::string_view kManaged[] = {"model", "stream_options", "max_tokens",
                                         "max_completion_tokens", "max_output_tokens"};

void check_body(const PreparedRequest& prepared, const Json& engine, const EngineLimits& limits) {
  // What the table does not name and this room does not manage arrives as it was written.
  for (const auto& [name, value] : *prepared.original.document.as_object()) {
    if (std::ranges::find(kManaged, name) != std::end(kManaged)) continue;
    const EngineField* field = find_engine_field(name);
    const Json* arrived = engine.find(name);
    if (field != nullptr && field->rule == FieldRule::kRemove) {
      COCOON_CHECK(arrived == nullptr);
    } else if (field != nullptr && field->rule == FieldRule::kForceFalse) {
      COCOON_CHECK(arrived != nullptr && *arrived == Json::boolean(false));
    } else {
      COCOON_CHECK(arrived != nullptr && *arrived == value);
    }
  }
  COCOON_CHECK(prepared.output_tokens_each * prepared.original.facts.choices <=
               limits.output_tokens_max);
}

}  // namespace

// What is prepared keeps every field and its bound, and preparing it again changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto endpoint = static_cast<Endpoint>(data[0] & 3U);
  const BytesView body = std::as_bytes(std::span(data, size)).subspan(1);
  EngineLimits limits;
  limits.output_tokens_max = 1000;
  limits.context_tokens = 512;
  limits.model = "engine-model";
  const ApiResult<PreparedRequest> prepared = prepare_for_engine(endpoint, body, limits);
  if (!prepared) {
    COCOON_CHECK(prepared.error().status == 400);
    COCOON_CHECK(codec::parse_json(error_json(prepared.error())).has_value());
    return 0;
  }
  const Result<Json> engine = codec::parse_json(as_text(prepared->body));
  COCOON_CHECK(engine.has_value());
  check_body(*prepared, *engine, limits);

  const ApiResult<PreparedRequest> again = prepare_for_engine(endpoint, prepared->body, limits);
  COCOON_CHECK(again.has_value());
  COCOON_CHECK(equal(again->body, prepared->body));
  COCOON_CHECK(again->output_tokens_each == prepared->output_tokens_each);
  COCOON_CHECK(again->usage_chunk == UsageChunk::kForward);
  return 0;
}
