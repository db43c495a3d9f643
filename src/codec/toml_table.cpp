#include "codec/toml_table.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <variant>

namespace cocoon::codec {

struct TomlNode {
  using Array = std::vector<std::shared_ptr<const TomlNode>>;
  using Table = std::map<std::string, std::shared_ptr<const TomlNode>, std::less<>>;
  std::variant<bool, std::int64_t, std::string, Array, Table> value;
};

namespace {

constexpr std::size_t kDepthMax = 16;
// The parser builds one level for each dot of a key without a bound of its own; keys cannot span
// lines.
constexpr std::ptrdiff_t kDotsPerLineMax = 32;
constexpr std::size_t kBracketDepthMax = 32;

// An upper bound on how deep the parser would nest, counted without understanding strings, so that
// no document makes it recurse far.
Status bound_nesting(std::string_view document) {
  std::size_t open = 0;
  std::ptrdiff_t dots = 0;
  for (const char c : document) {
    if (c == '\n') dots = 0;
    if (c == '.' && ++dots > kDotsPerLineMax)
      return fail(CodecError::kTooDeep, "a line with too many dots");
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && open > 0) --open;
    if (open > kBracketDepthMax)
      return fail(CodecError::kTooDeep, "too many brackets inside each other");
  }
  return {};
}

using NodePointer = std::shared_ptr<const TomlNode>;

NodePointer node_of(decltype(TomlNode::value) value) {
  return std::make_shared<const TomlNode>(TomlNode{std::move(value)});
}

Result<NodePointer> convert(const toml::node& from, std::size_t depth) {
  if (depth > kDepthMax) return fail(CodecError::kTooDeep, "tables nested too deep");
  if (const auto* table = from.as_table()) {
    TomlNode::Table out;
    for (const auto& [key, child] : *table) {
      TRY(NodePointer value, convert(child, depth + 1));
      out.emplace(std::string(key.str()), std::move(value));
    }
    return node_of(std::move(out));
  }
  if (const auto* array = from.as_array()) {
    TomlNode::Array out;
    for (const toml::node& child : *array) {
      TRY(NodePointer value, convert(child, depth + 1));
      out.push_back(std::move(value));
    }
    return node_of(std::move(out));
  }
  if (const auto* value = from.as_string()) return node_of(value->get());
  if (const auto* value = from.as_integer()) return node_of(value->get());
  if (const auto* value = from.as_boolean()) return node_of(value->get());
  return fail(CodecError::kWrongType, "line " + std::to_string(from.source().begin.line) +
                                          ": floating point and dates are not used here");
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kDurationUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kSizeUnits{
    {{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}}};
constexpr std::uint64_t kQuantityMax = std::uint64_t{1} << 53U;

Result<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                     std::string_view example) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto found = std::ranges::find(units, unit, &Unit::name);
  if (error != std::errc{} || found == units.end()) {
    return fail(CodecError::kMalformed,
                "expected a whole number with a unit, like " + std::string(example));
  }
  if (number > kQuantityMax / found->factor) return fail(CodecError::kTooLarge, "too large");
  return number * found->factor;
}

}  // namespace

Result<TomlTable> TomlTable::parse(std::string_view document, std::size_t bytes_max) {
  if (document.size() > bytes_max) {
    return fail(CodecError::kTooLarge,
                "TOML document over " + std::to_string(bytes_max) + " bytes");
  }
  TRY_VOID(bound_nesting(document));
  try {
    const toml::table parsed = toml::parse(document);
    TRY(NodePointer root, convert(parsed, 0));
    return TomlTable(std::move(root), "");
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    return fail(CodecError::kMalformed, "line " + std::to_string(at.line) + ", column " +
                                            std::to_string(at.column) + ": not valid TOML");
  } catch (const std::exception&) {
    return fail(CodecError::kMalformed, "not valid TOML");
  }
}

std::string TomlTable::full_key(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

std::unexpected<Error> TomlTable::refuse(std::string_view key, std::string_view why) const {
  return fail(CodecError::kMalformed, full_key(key) + ": " + std::string(why));
}

bool TomlTable::has(std::string_view key) const {
  return std::get<TomlNode::Table>(node_->value).contains(key);
}

const TomlNode* TomlTable::take(std::string_view key) {
  const auto& table = std::get<TomlNode::Table>(node_->value);
  const auto found = table.find(key);
  if (found == table.end()) return nullptr;
  taken_.emplace_back(key);
  return found->second.get();
}

Result<const TomlNode*> TomlTable::require(std::string_view key) {
  const TomlNode* node = take(key);
  if (node == nullptr) return fail(CodecError::kMissingKey, full_key(key) + ": missing");
  return node;
}

Status TomlTable::finish() const {
  for (const auto& [key, value] : std::get<TomlNode::Table>(node_->value)) {
    if (std::ranges::find(taken_, key) == taken_.end()) {
      return fail(CodecError::kUnknownKey, full_key(key) + ": unknown key");
    }
  }
  return {};
}

Result<std::string> TomlTable::text_of(const TomlNode& node, std::string_view key,
                                       std::size_t bytes_max) const {
  const auto* value = std::get_if<std::string>(&node.value);
  if (value == nullptr) return fail(CodecError::kWrongType, full_key(key) + ": expected a string");
  if (value->size() > bytes_max) {
    return fail(CodecError::kTooLarge,
                full_key(key) + ": over " + std::to_string(bytes_max) + " bytes");
  }
  return *value;
}

Result<std::string> TomlTable::text(std::string_view key, std::size_t bytes_max) {
  TRY(const TomlNode* node, require(key));
  return text_of(*node, key, bytes_max);
}

Result<std::int64_t> TomlTable::integer(std::string_view key, Range range) {
  TRY(const TomlNode* node, require(key));
  const auto* value = std::get_if<std::int64_t>(&node->value);
  if (value == nullptr)
    return fail(CodecError::kWrongType, full_key(key) + ": expected an integer");
  if (*value < range.min || *value > range.max) {
    return refuse(
        key, "must be between " + std::to_string(range.min) + " and " + std::to_string(range.max));
  }
  return *value;
}

Result<bool> TomlTable::boolean(std::string_view key) {
  TRY(const TomlNode* node, require(key));
  const auto* value = std::get_if<bool>(&node->value);
  if (value == nullptr)
    return fail(CodecError::kWrongType, full_key(key) + ": expected true or false");
  return *value;
}

Result<std::chrono::milliseconds> TomlTable::duration(std::string_view key) {
  TRY(const std::string value, text(key, 32));
  auto parsed = parse_duration(value);
  if (!parsed) return std::unexpected(std::move(parsed).error().with_context(full_key(key)));
  return *parsed;
}

Result<std::uint64_t> TomlTable::byte_size(std::string_view key) {
  TRY(const std::string value, text(key, 32));
  auto parsed = parse_byte_size(value);
  if (!parsed) return std::unexpected(std::move(parsed).error().with_context(full_key(key)));
  return *parsed;
}

Result<NanoTon> TomlTable::amount(std::string_view key) {
  TRY(const std::string value, text(key, 40));
  constexpr std::string_view kUnit = " TON";
  if (!value.ends_with(kUnit)) return refuse(key, "expected an amount like \"0.05 TON\"");
  auto parsed = NanoTon::parse(std::string_view(value).substr(0, value.size() - kUnit.size()));
  if (!parsed) return std::unexpected(std::move(parsed).error().with_context(full_key(key)));
  return *parsed;
}

Result<Bytes> TomlTable::hex(std::string_view key, std::size_t size) {
  TRY(const std::string value, text(key, size * 2 + 1));
  auto bytes = from_hex(value);
  if (!bytes || bytes->size() != size || to_hex(*bytes) != value) {
    return refuse(key, "expected " + std::to_string(size) + " bytes in lower-case hexadecimal");
  }
  return bytes;
}

Result<TomlTable> TomlTable::table(std::string_view key) {
  TRY(const TomlNode* node, require(key));
  if (!std::holds_alternative<TomlNode::Table>(node->value)) {
    return fail(CodecError::kWrongType, full_key(key) + ": expected a table");
  }
  return TomlTable({node_, node}, full_key(key));  // shares the document's ownership
}

Result<std::string> TomlTable::text_or(std::string_view key, std::string_view absent,
                                       std::size_t bytes_max) {
  return has(key) ? text(key, bytes_max) : Result<std::string>(absent);
}

Result<std::int64_t> TomlTable::integer_or(std::string_view key, std::int64_t absent, Range range) {
  return has(key) ? integer(key, range) : Result<std::int64_t>(absent);
}

Result<bool> TomlTable::boolean_or(std::string_view key, bool absent) {
  return has(key) ? boolean(key) : Result<bool>(absent);
}

Result<std::chrono::milliseconds> TomlTable::duration_or(std::string_view key,
                                                         std::chrono::milliseconds absent) {
  return has(key) ? duration(key) : Result<std::chrono::milliseconds>(absent);
}

Result<std::uint64_t> TomlTable::byte_size_or(std::string_view key, std::uint64_t absent) {
  return has(key) ? byte_size(key) : Result<std::uint64_t>(absent);
}

Result<NanoTon> TomlTable::amount_or(std::string_view key, NanoTon absent) {
  return has(key) ? amount(key) : Result<NanoTon>(absent);
}

Result<TomlTable> TomlTable::table_or_empty(std::string_view key) {
  return has(key) ? table(key)
                  : Result<TomlTable>(TomlTable(node_of(TomlNode::Table{}), full_key(key)));
}

Result<std::vector<TomlTable>> TomlTable::tables(std::string_view key, std::size_t count_max) {
  std::vector<TomlTable> out;
  const TomlNode* node = take(key);
  if (node == nullptr) return out;
  const auto* array = std::get_if<TomlNode::Array>(&node->value);
  if (array == nullptr)
    return fail(CodecError::kWrongType, full_key(key) + ": expected an array of tables");
  if (array->size() > count_max) {
    return fail(CodecError::kTooLarge,
                full_key(key) + ": at most " + std::to_string(count_max) + " entries");
  }
  for (const auto& item : *array) {
    const std::string path = full_key(key) + "[" + std::to_string(out.size()) + "]";
    if (!std::holds_alternative<TomlNode::Table>(item->value)) {
      return fail(CodecError::kWrongType, path + ": expected a table");
    }
    out.push_back(TomlTable(item, path));
  }
  return out;
}

Result<std::vector<std::string>> TomlTable::texts(std::string_view key, std::size_t count_max,
                                                  std::size_t bytes_max) {
  std::vector<std::string> out;
  const TomlNode* node = take(key);
  if (node == nullptr) return out;
  const auto* array = std::get_if<TomlNode::Array>(&node->value);
  if (array == nullptr)
    return fail(CodecError::kWrongType, full_key(key) + ": expected an array of strings");
  if (array->size() > count_max) {
    return fail(CodecError::kTooLarge,
                full_key(key) + ": at most " + std::to_string(count_max) + " entries");
  }
  for (const auto& item : *array) {
    TRY(std::string value, text_of(*item, key, bytes_max));
    out.push_back(std::move(value));
  }
  return out;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  TRY(const std::uint64_t value, parse_quantity(text, kDurationUnits, "\"30s\""));
  return std::chrono::milliseconds(static_cast<std::int64_t>(value));
}

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  return parse_quantity(text, kSizeUnits, "\"64 MiB\"");
}

std::string toml_quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace cocoon::codec
