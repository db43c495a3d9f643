#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>

#include "codec/json.h"

namespace cocoon::codec {
namespace {

namespace bj = boost::json;

bool has_duplicate_key(const Json::Object& object) {
  constexpr std::size_t kQuadraticUpTo = 12;
  if (object.size() <= kQuadraticUpTo) {
    for (std::size_t i = 1; i < object.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (object[i].first == object[j].first) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const auto& [key, value] : object) keys.emplace_back(key);
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

// Receives the tokenizer's events and builds the tree. The tokenizer hands over strings, keys and
// numbers in parts and, for the last part, the number's value, which is ignored: its text is what
// we keep.
class Builder {
 public:
  // Names that the tokenizer looks for.
  // NOLINTBEGIN(readability-identifier-naming)
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  // NOLINTEND(readability-identifier-naming)

  explicit Builder(std::size_t nodes_max) : nodes_left_(nodes_max) {}

  [[nodiscard]] CodecError refusal() const { return refusal_; }
  [[nodiscard]] Json take() { return std::move(root_); }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

  bool on_array_begin(bj::error_code& ec) {
    if (!count(ec)) return false;
    open_.push_back({.container = Json::array(), .key = {}});
    return true;
  }
  bool on_array_end(std::size_t, bj::error_code&) { return close(); }
  bool on_object_begin(bj::error_code& ec) {
    if (!count(ec)) return false;
    open_.push_back({.container = Json::object(), .key = {}});
    return true;
  }
  bool on_object_end(std::size_t, bj::error_code& ec) {
    if (has_duplicate_key(*open_.back().container.as_object())) {
      return refuse(CodecError::kDuplicateKey, ec);
    }
    return close();
  }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }
  bool on_key(bj::string_view last, std::size_t, bj::error_code&) {
    gather(last);
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }
  bool on_string(bj::string_view last, std::size_t, bj::error_code& ec) {
    gather(last);
    return leaf(Json::string(std::exchange(text_, {})), ec);
  }
  bool on_number_part(bj::string_view part, bj::error_code&) { return gather(part); }
  bool on_int64(std::int64_t, bj::string_view last, bj::error_code& ec) { return number(last, ec); }
  bool on_uint64(std::uint64_t, bj::string_view last, bj::error_code& ec) {
    return number(last, ec);
  }
  bool on_double(double, bj::string_view last, bj::error_code& ec) { return number(last, ec); }
  bool on_bool(bool value, bj::error_code& ec) { return leaf(Json::boolean(value), ec); }
  bool on_null(bj::error_code& ec) { return leaf(Json::null(), ec); }

 private:
  struct Open {
    Json container;
    std::string key;  // of the member whose value comes next
  };

  bool refuse(CodecError code, bj::error_code& ec) {
    refusal_ = code;
    ec = bj::error::exception;  // any error stops the tokenizer
    return false;
  }
  bool count(bj::error_code& ec) {
    if (nodes_left_ == 0) return refuse(CodecError::kTooLarge, ec);
    --nodes_left_;
    return true;
  }
  bool gather(bj::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool number(bj::string_view last, bj::error_code& ec) {
    gather(last);
    if (!is_json_number(text_)) return refuse(CodecError::kMalformed, ec);
    return leaf(Json::number_text(std::exchange(text_, {})), ec);
  }
  bool leaf(Json value, bj::error_code& ec) {
    if (!count(ec)) return false;
    put(std::move(value));
    return true;
  }
  bool close() {
    Json done = std::move(open_.back().container);
    open_.pop_back();
    put(std::move(done));
    return true;
  }
  void put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Json::Array* array = open_.back().container.as_array()) {
      array->push_back(std::move(value));
    } else {
      open_.back().container.as_object()->emplace_back(std::move(open_.back().key),
                                                       std::move(value));
    }
  }

  std::size_t nodes_left_;
  CodecError refusal_ = CodecError::kMalformed;
  std::vector<Open> open_;
  std::string text_;
  Json root_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  bj::parse_options options;  // strict RFC 8259: no comments, no trailing commas, valid UTF-8 only
  options.max_depth = limits.depth;
  bj::basic_parser<Builder> parser(options, limits.nodes);
  bj::error_code ec;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && parsed == text.size()) return parser.handler().take();
  if (ec == bj::error::too_deep) return fail(CodecError::kTooDeep, "JSON nested too deeply");
  switch (parser.handler().refusal()) {
    case CodecError::kDuplicateKey:
      return fail(CodecError::kDuplicateKey, "JSON object with a repeated key");
    case CodecError::kTooLarge:
      return fail(CodecError::kTooLarge, "JSON document with too many values");
    case CodecError::kMalformed:
    case CodecError::kNotCanonical:
    case CodecError::kTooDeep:
    case CodecError::kWrongType:
    case CodecError::kMissingKey:
    case CodecError::kUnknownKey:
      break;
  }
  return fail(CodecError::kMalformed, "not valid JSON at byte " + std::to_string(parsed));
}

}  // namespace cocoon::codec
