#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/engine.h"

namespace cocoon::engine {

enum class PrometheusError : std::uint16_t {
  kSyntax = 101,
  kTooMany = 102,
};
constexpr Library library_of(PrometheusError) { return Library::kEngine; }

inline constexpr std::size_t kSamplesMax = 20'000;
inline constexpr std::size_t kLabelsMax = 32;

struct Label {
  std::string name;
  std::string value;
  friend bool operator==(const Label&, const Label&) = default;
};

// One line of the text exposition format 0.0.4; its time stamp, if it has one, is dropped.
struct Sample {
  std::string name;
  std::vector<Label> labels;
  double value = 0;  // may be NaN or infinite
};

// Every sample of a page. A page with one bad line is no page.
[[nodiscard]] Result<std::vector<Sample>> parse_prometheus(std::string_view page);
[[nodiscard]] std::string write_prometheus(const std::vector<Sample>& samples);

// What vLLM, SGLang or llama-server say of their load. Counts are summed over the label sets of one
// name (one engine may consist of several); of cache use the fullest counts. A gauge that is absent
// or makes no sense stays unknown.
[[nodiscard]] ports::EngineLoad load_of(const std::vector<Sample>& samples);

}  // namespace cocoon::engine
