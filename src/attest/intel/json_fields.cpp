#include "attest/intel/json_fields.h"

#include "codec/rfc3339.h"

namespace cocoon::attest::intel {
namespace {

constexpr std::size_t kDateSize = std::string_view("2025-07-04T10:16:31Z").size();

std::size_t after_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

// Where a string that starts at `at` ends, past its quote.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Where a value that starts at `at` ends.
std::size_t after_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = after_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;  // a bare number at the object's end
      --depth;
      if (depth == 0) return at + 1;
    }
    if (depth == 0 && c == ',') return at;
    ++at;
  }
  return at;
}

}  // namespace

Result<JsonFields> JsonFields::of(const codec::Json& value, std::string_view what) {
  if (value.as_object() == nullptr) {
    return fail(IntelError::kBadCollateral, std::string(what) + ": not an object");
  }
  return JsonFields(value, what);
}

std::unexpected<Error> JsonFields::refuse(std::string_view key, std::string_view why) const {
  return fail(IntelError::kBadCollateral, what_ + ": " + std::string(key) + " " + std::string(why));
}

Result<std::string> JsonFields::text(std::string_view key) const {
  const codec::Json* const value = object_->find(key);
  if (value == nullptr) return refuse(key, "is missing");
  if (value->as_string() == nullptr) return refuse(key, "is not a text");
  return *value->as_string();
}

Result<std::uint32_t> JsonFields::number(std::string_view key, std::uint32_t max) const {
  const codec::Json* const value = object_->find(key);
  if (value == nullptr) return refuse(key, "is missing");
  const auto number = value->as_unsigned();
  if (!number || *number > max) return refuse(key, "is not a whole number in range");
  return static_cast<std::uint32_t>(*number);
}

Result<UnixSeconds> JsonFields::date(std::string_view key) const {
  TRY(const std::string value, text(key));
  const auto moment = codec::parse_rfc3339(value);
  if (!moment || value.size() != kDateSize || !value.ends_with('Z')) {
    return refuse(key, "is not a moment in UTC");
  }
  return *moment;
}

Result<Bytes> JsonFields::hex_bytes(std::string_view key, std::size_t size) const {
  TRY(const std::string value, text(key));
  auto bytes = from_hex(value);
  if (!bytes || bytes->size() != size) {
    return refuse(key, "is not " + std::to_string(size) + " bytes in hexadecimal");
  }
  return std::move(*bytes);
}

Result<const codec::Json::Array*> JsonFields::items(std::string_view key) const {
  const codec::Json* const value = object_->find(key);
  if (value == nullptr) return refuse(key, "is missing");
  const codec::Json::Array* const array = value->as_array();
  if (array == nullptr || array->empty() || array->size() > kItemsMax) {
    return refuse(key, "is not a list of 1 to " + std::to_string(kItemsMax) + " items");
  }
  return array;
}

Result<JsonFields> JsonFields::object(std::string_view key) const {
  const codec::Json* const value = object_->find(key);
  if (value == nullptr) return refuse(key, "is missing");
  return of(*value, what_ + " " + std::string(key));
}

Result<std::vector<std::string>> JsonFields::texts_or_none(std::string_view key) const {
  std::vector<std::string> out;
  if (!has(key)) return out;
  const codec::Json::Array* const array = object_->find(key)->as_array();
  if (array == nullptr || array->size() > kItemsMax) return refuse(key, "is not a list of texts");
  for (const codec::Json& item : *array) {
    if (item.as_string() == nullptr) return refuse(key, "is not a list of texts");
    out.push_back(*item.as_string());
  }
  return out;
}

Result<std::string_view> member_text(std::string_view object, std::string_view key) {
  std::size_t at = after_blanks(object, 0);
  while (at < object.size() && object[at] != '}') {
    const std::size_t name = after_blanks(object, at + 1);  // past '{' or ','
    const std::size_t name_end = after_string(object, name);
    const std::size_t value = after_blanks(object, after_blanks(object, name_end) + 1);
    const std::size_t value_end = after_value(object, value);
    if (object.substr(name, name_end - name) == "\"" + std::string(key) + "\"") {
      std::string_view text = object.substr(value, value_end - value);
      while (!text.empty() && std::string_view(" \t\r\n").contains(text.back())) {
        text.remove_suffix(1);
      }
      return text;
    }
    at = after_blanks(object, value_end);
  }
  return fail(IntelError::kBadCollateral, std::string(key) + " is missing");
}

}  // namespace cocoon::attest::intel
