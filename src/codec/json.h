#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "codec/error.h"

namespace cocoon::codec {

// RFC 8259 JSON. Object members keep their order and numbers keep their exact text, so that a
// document which is read, changed in one field and written again differs in that field only.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;
  struct Number {
    std::string text;  // a valid JSON number
    bool operator==(const Number&) const = default;
  };

  Json() = default;  // null
  [[nodiscard]] static Json null() { return {}; }
  [[nodiscard]] static Json boolean(bool value);
  [[nodiscard]] static Json number(std::int64_t value);
  [[nodiscard]] static Json number(std::uint64_t value);
  [[nodiscard]] static Json number_text(std::string text);  // must be a valid JSON number
  [[nodiscard]] static Json string(std::string_view value);
  [[nodiscard]] static Json array(Array items = {});
  [[nodiscard]] static Json object(Object members = {});

  [[nodiscard]] bool is_null() const;
  [[nodiscard]] const bool* as_boolean() const;
  [[nodiscard]] const Number* as_number() const;
  [[nodiscard]] const std::string* as_string() const;
  [[nodiscard]] const Array* as_array() const;
  [[nodiscard]] const Object* as_object() const;
  [[nodiscard]] Array* as_array();
  [[nodiscard]] Object* as_object();
  // The number as an integer without fraction or exponent, if it is one and fits.
  [[nodiscard]] Result<std::uint64_t> as_unsigned() const;
  [[nodiscard]] Result<std::int64_t> as_integer() const;

  // Member of an object; nullptr if this is no object or has no such member.
  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] Json* find(std::string_view key);
  // Replaces or appends. `this` must be an object.
  void set(std::string_view key, Json value);
  void erase(std::string_view key);

  friend bool operator==(const Json&, const Json&) = default;

 private:
  using Value = std::variant<std::monostate, bool, Number, std::string, Array, Object>;
  explicit Json(Value value) : value_(std::move(value)) {}
  Value value_;
};

// Whether the text is a number by RFC 8259 §6.
[[nodiscard]] bool is_json_number(std::string_view text);

struct JsonLimits {
  std::size_t depth = 64;
  std::size_t nodes = 1'000'000;
};

// Refuses duplicate keys, invalid UTF-8, trailing bytes, comments and every extension.
[[nodiscard]] Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});
// Compact, UTF-8, no trailing newline.
[[nodiscard]] std::string write_json(const Json& value);

}  // namespace cocoon::codec
