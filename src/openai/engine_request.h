#pragma once

#include <cstdint>
#include <string>

#include "openai/request.h"
#include "openai/stream_meter.h"

namespace cocoon::openai {

struct EngineLimits {
  std::uint64_t output_tokens_max =
      0;  // over all choices: what the sealed header and the configuration allow
  std::uint64_t context_tokens = 0;  // a choice never gets more than this; 0 if unknown
  std::string model;  // the one model of this engine, by the engine's own name for it; empty: as
                      // the app wrote it
  RequestLimits request;
};

struct PreparedRequest {
  Bytes body;        // for the engine
  Request original;  // as the app wrote it: what the commitments cover
  UsageChunk usage_chunk = UsageChunk::kForward;
  // Whether the answer lists its tokens only because the meter needs them: the app gets it without.
  enum class Listed : std::uint8_t { kAsAsked, kForTheMeter } listed = Listed::kAsAsked;
  std::uint64_t output_tokens_each =
      0;  // the bound the engine was given for one choice; 0 for embeddings
};

// The body an engine may see. Every field of the OpenAI API is there as the app wrote it, except:
//  - fields that steer the engine's insides are removed, overridden or refused
//  (docs/engine-boundary.md);
//  - the maximum of output tokens is set, so that all choices together stay within the limit;
//  - a stream asks for its usage; usage_chunk says whether the app may see it;
//  - a whole answer of several choices asks for the list of its tokens, since llama-server reports
//  the usage of its first choice only; `listed` says whether the app may see it;
//  - anything that would make the engine fetch a URL or open a file is refused with 400.
[[nodiscard]] ApiResult<PreparedRequest> prepare_for_engine(Endpoint endpoint, BytesView body,
                                                            const EngineLimits& limits);

}  // namespace cocoon::openai
