#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace cocoon::openai {

// What happens to a top-level field of a request that steers the engine's insides rather than the
// answer.
enum class FieldRule : std::uint8_t {
  kRemove,      // the engine never sees it; the answer is the same without it
  kForceFalse,  // present or not, the engine sees false
  kRefuse,      // 400 when it is set: the answer would not be what was asked for without it
};
// How `name` is compared.
enum class FieldMatch : std::uint8_t { kExact, kPrefix };

struct EngineField {
  std::string_view name;
  FieldRule rule = FieldRule::kRemove;
  FieldMatch match = FieldMatch::kExact;
  std::string_view reason;  // completes "'name' …" in a refusal
};

// The whole table; docs/engine-boundary.md shows it to operators and apps.
[[nodiscard]] std::span<const EngineField> engine_fields();
// The rule for this field; nullptr if it is the app's own business.
[[nodiscard]] const EngineField* find_engine_field(std::string_view name);

}  // namespace cocoon::openai
