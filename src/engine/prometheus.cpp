#include "engine/prometheus.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace cocoon::engine {

namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::unexpected<Error> bad(std::string_view what) {
  return fail(PrometheusError::kSyntax, "metrics page: " + std::string(what));
}

// One line, read from its front.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] Result<std::string> name() {
    if (rest_.empty() || !is_name_start(rest_.front())) return bad("no name");
    std::size_t length = 1;
    while (length < rest_.size() && is_name_part(rest_[length])) ++length;
    std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return out;
  }
  [[nodiscard]] Result<std::string> quoted() {
    if (!take('"')) return bad("label value not quoted");
    std::string out;
    for (;;) {
      if (rest_.empty()) return bad("label value not closed");
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\') {
        if (rest_.empty()) return bad("label value not closed");
        const char escaped = rest_.front();
        rest_.remove_prefix(1);
        if (escaped != '\\' && escaped != '"' && escaped != 'n') return bad("unknown escape");
        c = escaped == 'n' ? '\n' : escaped;
      }
      out += c;
    }
  }
  [[nodiscard]] std::string_view word() {
    std::size_t length = 0;
    while (length < rest_.size() && !is_blank(rest_[length])) ++length;
    const std::string_view out = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return out;
  }

 private:
  std::string_view rest_;
};

Result<double> parse_value(std::string_view word) {
  const bool negative = word.starts_with('-');
  if (word.starts_with('+') || negative) word.remove_prefix(1);
  double value = 0;
  if (word == "NaN" || word == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (word == "Inf" || word == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else {
    const bool digits =
        !word.empty() && (word.front() == '.' || (word.front() >= '0' && word.front() <= '9'));
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (!digits || error != std::errc{} || end != word.data() + word.size())
      return bad("bad number");
  }
  return negative ? -value : value;
}

Result<std::vector<Label>> parse_labels(Line& line) {
  std::vector<Label> labels;
  for (;;) {
    line.skip_blanks();
    if (line.take('}')) return labels;
    if (labels.size() >= kLabelsMax)
      return fail(PrometheusError::kTooMany, "metrics page: too many labels");
    Label label;
    TRY(label.name, line.name());
    line.skip_blanks();
    if (!line.take('=')) return bad("label without value");
    line.skip_blanks();
    TRY(label.value, line.quoted());
    labels.push_back(std::move(label));
    line.skip_blanks();
    if (line.take('}')) return labels;
    if (!line.take(',')) return bad("labels not separated");
  }
}

Result<Sample> parse_sample(Line& line) {
  Sample sample;
  TRY(sample.name, line.name());
  line.skip_blanks();
  if (line.take('{')) {
    TRY(sample.labels, parse_labels(line));
    line.skip_blanks();
  }
  TRY(sample.value, parse_value(line.word()));
  line.skip_blanks();
  if (line.at_end()) return sample;
  const std::string_view stamp = line.word();
  std::int64_t milliseconds = 0;
  const auto [end, error] =
      std::from_chars(stamp.data(), stamp.data() + stamp.size(), milliseconds);
  if (error != std::errc{} || end != stamp.data() + stamp.size()) return bad("bad time stamp");
  line.skip_blanks();
  if (!line.at_end()) return bad("text after a sample");
  return sample;
}

}  // namespace

Result<std::vector<Sample>> parse_prometheus(std::string_view page) {
  std::vector<Sample> samples;
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    std::string_view text = page.substr(0, end);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    Line line(text);
    line.skip_blanks();
    if (line.at_end() || line.take('#')) continue;
    if (samples.size() >= kSamplesMax)
      return fail(PrometheusError::kTooMany, "metrics page: too many samples");
    TRY(Sample sample, parse_sample(line));
    samples.push_back(std::move(sample));
  }
  return samples;
}

namespace {

std::string write_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

std::string write_prometheus(const std::vector<Sample>& samples) {
  std::string page;
  for (const Sample& sample : samples) {
    page += sample.name;
    if (!sample.labels.empty()) {
      page += '{';
      for (const Label& label : sample.labels) {
        if (page.back() != '{') page += ',';
        page += label.name + "=\"";
        for (const char c : label.value) {
          if (c == '\n') {
            page += "\\n";
          } else {
            if (c == '"' || c == '\\') page += '\\';
            page += c;
          }
        }
        page += '"';
      }
      page += '}';
    }
    page += ' ' + write_value(sample.value) + '\n';
  }
  return page;
}

namespace {

// Known names of one quantity: the first that a page has is taken.
using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kRunning{
    "vllm:num_requests_running", "sglang:num_running_reqs", "llamacpp:requests_processing"};
constexpr std::array<std::string_view, 3> kWaiting{
    "vllm:num_requests_waiting", "sglang:num_queue_reqs", "llamacpp:requests_deferred"};
// None of the three says it; a front end of theirs may.
constexpr std::array<std::string_view, 1> kTokensWaiting{"cocoon:tokens_waiting"};
constexpr std::array<std::string_view, 4> kCacheUse{
    "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage",
    "llamacpp:kv_cache_usage_ratio"};

enum class Combine : std::uint8_t { kSum, kMost };

std::optional<double> gauge(const std::vector<Sample>& samples, Names names, Combine combine) {
  for (const std::string_view name : names) {
    std::optional<double> found;
    for (const Sample& sample : samples) {
      if (sample.name != name) continue;
      if (!std::isfinite(sample.value) || sample.value < 0) return std::nullopt;
      if (!found) {
        found = sample.value;
      } else {
        found = combine == Combine::kSum ? *found + sample.value : std::max(*found, sample.value);
      }
    }
    if (found) return found;
  }
  return std::nullopt;
}

template <class Integer>
std::optional<Integer> whole(std::optional<double> value) {
  if (!value || *value > 1e9) return std::nullopt;
  return static_cast<Integer>(std::lround(*value));
}

}  // namespace

ports::EngineLoad load_of(const std::vector<Sample>& samples) {
  ports::EngineLoad load;
  load.requests_running = whole<std::uint32_t>(gauge(samples, kRunning, Combine::kSum));
  load.requests_waiting = whole<std::uint32_t>(gauge(samples, kWaiting, Combine::kSum));
  load.tokens_waiting = whole<std::uint64_t>(gauge(samples, kTokensWaiting, Combine::kSum));
  const auto cache = gauge(samples, kCacheUse, Combine::kMost);
  if (cache && *cache <= 1.0) load.cache_used_permille = whole<std::uint32_t>(*cache * 1000.0);
  return load;
}

}  // namespace cocoon::engine
