#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "codec/json.h"

// Known-answer vectors in JSON. Test programs that include this link cocoon_codec. A vector file
// that is missing or not of the expected shape fails the test that reads it.
namespace cocoon::testing {

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "cannot read ", path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline codec::Json read_json(const std::string& path) {
  Result<codec::Json> json = codec::parse_json(read_text(path));
  REQUIRE_MESSAGE(json.has_value(), path, " is not JSON");
  return std::move(json).value();
}

inline const codec::Json& member(const codec::Json& object, std::string_view key) {
  const codec::Json* found = object.find(key);
  REQUIRE_MESSAGE(found != nullptr, "vector without ", key);
  return *found;
}

inline const codec::Json::Array& items(const codec::Json& object, std::string_view key) {
  const codec::Json::Array* found = member(object, key).as_array();
  REQUIRE_MESSAGE(found != nullptr, key, " is no array");
  return *found;
}

inline const std::string& text(const codec::Json& object, std::string_view key) {
  const std::string* found = member(object, key).as_string();
  REQUIRE_MESSAGE(found != nullptr, key, " is no text");
  return *found;
}

inline std::uint64_t number(const codec::Json& object, std::string_view key) {
  const Result<std::uint64_t> found = member(object, key).as_unsigned();
  REQUIRE_MESSAGE(found.has_value(), key, " is no number");
  return *found;
}

inline Bytes hex(const codec::Json& object, std::string_view key) {
  Result<Bytes> found = from_hex(text(object, key));
  REQUIRE_MESSAGE(found.has_value(), key, " is not hexadecimal");
  return std::move(found).value();
}

}  // namespace cocoon::testing
