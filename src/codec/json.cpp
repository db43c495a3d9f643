#include "codec/json.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "codec/utf8.h"

namespace cocoon::codec {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

template <class Integer>
Result<Integer> to_integer(const Json::Number* number) {
  if (number == nullptr) return fail(CodecError::kWrongType, "not a number");
  Integer value{};
  const char* const end = number->text.data() + number->text.size();
  const auto [parsed_to, error] = std::from_chars(number->text.data(), end, value);
  if (error != std::errc{} || parsed_to != end) {
    return fail(CodecError::kWrongType, "not an integer in range");
  }
  return value;
}

void write_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
          out += "\\u00";
          out += kHexDigits[byte >> 4U];
          out += kHexDigits[byte & 0x0fU];
        } else {
          out += c;
        }
      }
    }
  }
  out += '"';
}

// A string that did not come from the parser may hold any bytes; what is written is valid all the
// same.
void write_checked_string(std::string_view text, std::string& out) {
  if (is_valid_utf8(text)) {
    write_string(text, out);
  } else {
    write_string(to_valid_utf8(text), out);
  }
}

// Recursion goes as deep as the value, which the parser's depth limit bounds for everything from
// outside.
void write_value(const Json& value, std::string& out) {
  if (value.is_null()) {
    out += "null";
  } else if (const bool* boolean = value.as_boolean()) {
    out += *boolean ? "true" : "false";
  } else if (const Json::Number* number = value.as_number()) {
    out += number->text;
  } else if (const std::string* string = value.as_string()) {
    write_checked_string(*string, out);
  } else if (const Json::Array* array = value.as_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_value((*array)[i], out);
    }
    out += ']';
  } else if (const Json::Object* object = value.as_object()) {
    out += '{';
    for (std::size_t i = 0; i < object->size(); ++i) {
      if (i > 0) out += ',';
      write_checked_string((*object)[i].first, out);
      out += ':';
      write_value((*object)[i].second, out);
    }
    out += '}';
  }
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t integer = at;
  at = skip_digits(text, at);
  if (at == integer || (text[integer] == '0' && at - integer > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(text, exponent);
    if (at == exponent) return false;
  }
  return at == text.size();
}

Json Json::boolean(bool value) { return Json(Value(std::in_place_type<bool>, value)); }
Json Json::number(std::int64_t value) { return Json(Value(Number{std::to_string(value)})); }
Json Json::number(std::uint64_t value) { return Json(Value(Number{std::to_string(value)})); }
Json Json::number_text(std::string text) {
  COCOON_CHECK(is_json_number(text));
  return Json(Value(Number{std::move(text)}));
}
Json Json::string(std::string_view value) {
  return Json(Value(std::in_place_type<std::string>, value));
}
Json Json::array(Array items) { return Json(Value(std::in_place_type<Array>, std::move(items))); }
Json Json::object(Object members) {
  return Json(Value(std::in_place_type<Object>, std::move(members)));
}

bool Json::is_null() const { return std::holds_alternative<std::monostate>(value_); }
const bool* Json::as_boolean() const { return std::get_if<bool>(&value_); }
const Json::Number* Json::as_number() const { return std::get_if<Number>(&value_); }
const std::string* Json::as_string() const { return std::get_if<std::string>(&value_); }
const Json::Array* Json::as_array() const { return std::get_if<Array>(&value_); }
const Json::Object* Json::as_object() const { return std::get_if<Object>(&value_); }
Json::Array* Json::as_array() { return std::get_if<Array>(&value_); }
Json::Object* Json::as_object() { return std::get_if<Object>(&value_); }

Result<std::uint64_t> Json::as_unsigned() const { return to_integer<std::uint64_t>(as_number()); }
Result<std::int64_t> Json::as_integer() const { return to_integer<std::int64_t>(as_number()); }

const Json* Json::find(std::string_view key) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  const auto it = std::ranges::find(*object, key, &Object::value_type::first);
  return it == object->end() ? nullptr : &it->second;
}

Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

void Json::set(std::string_view key, Json value) {
  Object* object = as_object();
  COCOON_CHECK(object != nullptr);
  if (Json* present = find(key)) {
    *present = std::move(value);
  } else {
    object->emplace_back(std::string(key), std::move(value));
  }
}

void Json::erase(std::string_view key) {
  Object* object = as_object();
  COCOON_CHECK(object != nullptr);
  std::erase_if(*object, [key](const Object::value_type& member) { return member.first == key; });
}

std::string write_json(const Json& value) {
  std::string out;
  write_value(value, out);
  return out;
}

}  // namespace cocoon::codec
