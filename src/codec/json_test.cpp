#include "codec/json.h"

#include <doctest/doctest.h>

#include <limits>

namespace cocoon::codec {
namespace {

std::string rewrite(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return write_json(*parsed);
}

void check_refused(std::string_view text, CodecError code, const JsonLimits& limits = {}) {
  const Result<Json> parsed = parse_json(text, limits);
  REQUIRE_MESSAGE(!parsed.has_value(), text);
  CHECK_MESSAGE(parsed.error().is(code), text, " ", parsed.error().message());
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("json keeps number texts and member order") {
  for (const std::string_view text :
       {"1", "-0", "1.0", "1e5", "1E+5", "1.50", "0.1", "123456789012345678901234567890",
        "-1.2345678901234567890123e-300", "1e400", "18446744073709551616", "-9223372036854775809",
        R"({"b":1,"a":[true,false,null],"":"x"})", "[]", "{}", "[[],{}]", R"("")", "null"}) {
    CHECK(rewrite(text) == text);
  }
}

TEST_CASE("json reads white space and writes compactly") {
  CHECK(rewrite(" \t\r\n{ \"a\" : [ 1 , 2 ] }\n") == R"({"a":[1,2]})");
}

TEST_CASE("json unescapes what it reads and escapes only what it must") {
  CHECK(rewrite(R"("\u0041\/\u00e9\ud83d\ude00\n\u0000\u001f\"\\")") ==
        "\"A/\xc3\xa9\xf0\x9f\x98\x80\\n\\u0000\\u001f\\\"\\\\\"");
  CHECK(rewrite("\"\x7f\"") == "\"\x7f\"");
}

TEST_CASE("json refuses what is not RFC 8259") {
  for (const std::string_view text : {"",
                                      " ",
                                      "[",
                                      "]",
                                      "[1",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\"}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "01",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "1e",
                                      "-",
                                      "--1",
                                      "0x10",
                                      "NaN",
                                      "Infinity",
                                      "nul",
                                      "nulll",
                                      "tru",
                                      "True",
                                      "1 2",
                                      "{} {}",
                                      "// c\n1",
                                      "/* c */1",
                                      "[1 /* c */]",
                                      "\"",
                                      "\"a",
                                      "\"\n\"",
                                      "\"\t\"",
                                      "\"\\x41\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "[1]x",
                                      "{\"a\":1 \"b\":2}",
                                      "[1 2]",
                                      "\xef\xbb\xbf{}",
                                      "\"a\"b"}) {
    check_refused(text, CodecError::kMalformed);
  }
  check_refused(std::string_view("1\0", 2), CodecError::kMalformed);
}

TEST_CASE("json refuses invalid UTF-8 and lone surrogates") {
  for (const std::string_view text :
       {"\"\x80\"", "\"\xc0\xaf\"", "\"\xe0\x80\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"",
        "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\"\xff\"", "{\"\xff\":1}", R"("\ud800")",
        R"("\udc00")", R"("\ud800\u0041")", R"("\ud800x")", R"({"\udfff":1})"}) {
    check_refused(text, CodecError::kMalformed);
  }
}

TEST_CASE("json refuses duplicate keys however they are spelled and however many there are") {
  check_refused(R"({"a":1,"a":1})", CodecError::kDuplicateKey);
  check_refused(R"({"a":1,"\u0061":2})", CodecError::kDuplicateKey);
  check_refused(R"([{"x":{"a":1,"b":2,"a":3}}])", CodecError::kDuplicateKey);
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  check_refused(many + "\"k50\":0}", CodecError::kDuplicateKey);
  CHECK(parse_json(many + "\"k100\":0}").has_value());
  CHECK(parse_json(R"({"a":{"a":1},"b":{"a":1}})").has_value());
}

TEST_CASE("json limits depth and the number of values") {
  CHECK(parse_json(nested(64)).has_value());
  check_refused(nested(65), CodecError::kTooDeep);
  check_refused(nested(100'000), CodecError::kTooDeep);
  CHECK(parse_json("[1,2]", {.nodes = 3}).has_value());
  check_refused("[1,2,3]", CodecError::kTooLarge, {.nodes = 3});
  check_refused("[[[]]]", CodecError::kTooLarge, {.nodes = 2});
  check_refused("[[]]", CodecError::kTooDeep, {.depth = 1});
}

TEST_CASE("json numbers become integers only when they are integers in range") {
  CHECK(parse_json("18446744073709551615")->as_unsigned() == std::uint64_t{18446744073709551615U});
  CHECK(parse_json("-9223372036854775808")->as_integer() ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(parse_json("-0")->as_integer() == 0);
  for (const std::string_view text :
       {"18446744073709551616", "-1", "1.0", "1e2", "\"1\"", "null"}) {
    CHECK_FALSE(parse_json(text)->as_unsigned().has_value());
  }
  for (const std::string_view text : {"9223372036854775808", "1.5", "1e2", "true"}) {
    const Result<std::int64_t> value = parse_json(text)->as_integer();
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().is(CodecError::kWrongType));
  }
}

TEST_CASE("json accessors answer for their own type only") {
  const Json number = Json::number(std::int64_t{-7});
  CHECK(number.as_string() == nullptr);
  CHECK(number.as_boolean() == nullptr);
  CHECK(number.as_array() == nullptr);
  CHECK(number.as_object() == nullptr);
  CHECK(number.find("a") == nullptr);
  CHECK(number.as_number()->text == "-7");
  CHECK(Json::null().is_null());
  CHECK(*Json::boolean(true).as_boolean());
  CHECK(*Json::string("x").as_string() == "x");
  CHECK(Json::number_text("1.50").as_number()->text == "1.50");
}

TEST_CASE("json set replaces in place or appends and erase removes") {
  Json object = *parse_json(R"({"a":1,"b":2,"c":3})");
  object.set("b", Json::string("two"));
  object.set("d", Json::null());
  CHECK(write_json(object) == R"({"a":1,"b":"two","c":3,"d":null})");
  object.erase("a");
  object.erase("absent");
  CHECK(write_json(object) == R"({"b":"two","c":3,"d":null})");
}

TEST_CASE("json writes valid text even for strings that are not UTF-8") {
  const std::string text = write_json(Json::string("a\xff\xed\xa0\x80z"));
  CHECK(parse_json(text).has_value());
  CHECK(text == "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST_CASE("json equality compares structure, number text and order") {
  CHECK(*parse_json("[1,{\"a\":2}]") == *parse_json(" [ 1 , { \"a\" : 2 } ] "));
  CHECK_FALSE(*parse_json("1") == *parse_json("1.0"));
  CHECK_FALSE(*parse_json(R"({"a":1,"b":2})") == *parse_json(R"({"b":2,"a":1})"));
}

}  // namespace
}  // namespace cocoon::codec
