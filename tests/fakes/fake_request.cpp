#include "tests/fakes/fake_request.h"

#include <algorithm>
#include <array>
#include <utility>

namespace fake {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<std::string_view, Mode>, 9> kModes{{{"text", Mode::kText},
                                                                   {"echo", Mode::kEcho},
                                                                   {"tool", Mode::kTool},
                                                                   {"error", Mode::kError},
                                                                   {"capitals", Mode::kCapitals},
                                                                   {"die", Mode::kDie},
                                                                   {"break", Mode::kBreak},
                                                                   {"hang", Mode::kHang},
                                                                   {"huge", Mode::kHuge}}};

std::uint64_t number(const json::object& from, std::string_view key, std::uint64_t otherwise) {
  const json::value* value = from.if_contains(key);
  if (value == nullptr) return otherwise;
  if (const auto* whole = value->if_int64())
    return *whole < 0 ? otherwise : static_cast<std::uint64_t>(*whole);
  if (const auto* whole = value->if_uint64()) return *whole;
  return otherwise;
}

bool flag(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

bool apply(const json::object& wishes, Plan& plan, std::string& problem) {
  if (const json::value* mode = wishes.if_contains("mode")) {
    if (!mode->is_string() || !parse_mode(mode->get_string(), plan.mode)) {
      problem = "metadata.fake.mode is unknown";
      return false;
    }
  }
  plan.tokens = number(wishes, "tokens", plan.tokens);
  plan.interval = std::chrono::milliseconds(
      number(wishes, "interval_ms", static_cast<std::uint64_t>(plan.interval.count())));
  plan.head_delay = std::chrono::milliseconds(
      number(wishes, "head_delay_ms", static_cast<std::uint64_t>(plan.head_delay.count())));
  plan.after = number(wishes, "after", plan.after);
  plan.status = static_cast<int>(number(wishes, "status", static_cast<std::uint64_t>(plan.status)));
  plan.bytes = number(wishes, "bytes", plan.bytes);
  plan.chunk_bytes = number(wishes, "chunk_bytes", plan.chunk_bytes);
  plan.prompt_tokens = number(wishes, "prompt_tokens", plan.prompt_tokens);
  return true;
}

bool apply_metadata(const json::object& body, Plan& plan, std::string& problem) {
  const json::value* metadata = body.if_contains("metadata");
  if (metadata == nullptr || !metadata->is_object()) return true;
  const json::value* wishes = metadata->get_object().if_contains("fake");
  if (wishes == nullptr) return true;
  if (wishes->is_object()) return apply(wishes->get_object(), plan, problem);
  boost::system::error_code error;
  if (wishes->is_string()) {
    const json::value parsed = json::parse(wishes->get_string(), error);
    if (!error && parsed.is_object()) return apply(parsed.get_object(), plan, problem);
  }
  problem = "metadata.fake is neither an object nor a text that holds one";
  return false;
}

std::uint64_t count_words(std::string_view text) {
  std::uint64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank && !inside) ++words;
    inside = !blank;
  }
  return std::max<std::uint64_t>(words, 1);
}

// Where the text's pieces begin, of 16 bytes or a little more so that none cuts a UTF-8 character;
// its end at last.
std::vector<std::size_t> cut(std::string_view text) {
  std::vector<std::size_t> starts{0};
  while (starts.back() < text.size()) {
    std::size_t end = std::min(starts.back() + 16, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) ++end;
    starts.push_back(end);
  }
  return starts;
}

void plan_tokens(Request& request) {
  const Plan& plan = request.plan;
  request.tokens = plan.tokens;
  if (plan.mode == Mode::kEcho) {
    request.pieces = cut(request.raw);
    request.tokens = request.pieces.size() - 1;
  }
  if (plan.mode == Mode::kHuge || plan.mode == Mode::kTool) request.tokens = 1;
  for (const std::string_view key : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    const std::uint64_t most = number(request.body, key, request.tokens);
    // An echo is there to be read whole.
    if (most < request.tokens && plan.mode != Mode::kEcho) {
      request.tokens = most;
      request.cut = true;
    }
  }
}

}  // namespace

bool parse_mode(std::string_view name, Mode& mode) {
  for (const auto& [known, value] : kModes) {
    if (known == name) {
      mode = value;
      return true;
    }
  }
  return false;
}

bool read_request(Endpoint endpoint, std::string raw, const Plan& defaults, Request& out,
                  std::string& problem) {
  boost::system::error_code error;
  json::value parsed = json::parse(raw, error);
  if (error || !parsed.is_object()) {
    problem = "the body is not a JSON object";
    return false;
  }
  out.endpoint = endpoint;
  out.raw = std::move(raw);
  out.body = std::move(parsed.get_object());
  out.plan = defaults;
  if (!apply_metadata(out.body, out.plan, problem)) return false;
  out.stream = flag(out.body, "stream");
  const json::value* options = out.body.if_contains("stream_options");
  out.include_usage =
      options != nullptr && options->is_object() && flag(options->get_object(), "include_usage");
  out.choices = std::clamp<std::uint64_t>(number(out.body, "n", 1), 1, 128);
  out.prompt_tokens = out.plan.prompt_tokens != 0 ? out.plan.prompt_tokens : count_words(out.raw);
  plan_tokens(out);
  return true;
}

std::string token_text(const Request& request, std::uint64_t index) {
  const Plan& plan = request.plan;
  if (plan.mode == Mode::kEcho) {
    const std::size_t start = request.pieces[index];
    return request.raw.substr(start, request.pieces[index + 1] - start);
  }
  if (plan.mode == Mode::kHuge) return std::string(plan.bytes, 'x');
  std::string text = (index == 0 ? "tok" : " tok") + std::to_string(index);
  if (plan.chunk_bytes > text.size()) text.append(plan.chunk_bytes - text.size(), '.');
  return text;
}

}  // namespace fake
