#include "codec/toml_table.h"

#include <doctest/doctest.h>

using namespace cocoon;
using namespace cocoon::codec;
using namespace std::chrono_literals;

namespace {
TomlTable parsed(std::string_view text) { return TomlTable::parse(text).value(); }
}  // namespace

TEST_CASE("values of every kind are read by a closed schema") {
  auto root = parsed(R"(
name = "a"
count = -3
on = true
wait = "30s"
room = "64 MiB"
price = "0.05 TON"
id = "00ff"
list = ["x", "y"]
[sub]
k = 1
[[rows]]
n = 1
[[rows]]
n = 2
)");
  CHECK_EQ(root.text("name").value(), "a");
  CHECK_EQ(root.integer("count", {-5, 5}).value(), -3);
  CHECK_EQ(root.boolean("on").value(), true);
  CHECK_EQ(root.duration("wait").value(), 30s);
  CHECK_EQ(root.byte_size("room").value(), 64ULL << 20U);
  CHECK_EQ(root.amount("price").value().nano(), 50'000'000);
  CHECK_EQ(root.hex("id", 2).value(), from_hex("00ff").value());
  CHECK_EQ(root.texts("list", 2).value(), std::vector<std::string>{"x", "y"});
  auto sub = root.table("sub").value();
  CHECK_EQ(sub.integer("k", {0, 1}).value(), 1);
  CHECK(sub.finish().has_value());
  auto rows = root.tables("rows", 2).value();
  REQUIRE_EQ(rows.size(), 2);
  CHECK_EQ(rows[1].integer("n", {0, 9}).value(), 2);
  CHECK(root.finish().has_value());
}

TEST_CASE("absent keys give the caller's default") {
  auto root = parsed("");
  CHECK_EQ(root.text_or("a", "x").value(), "x");
  CHECK_EQ(root.integer_or("b", 4, {1, 9}).value(), 4);
  CHECK_EQ(root.boolean_or("c", true).value(), true);
  CHECK_EQ(root.duration_or("d", 1s).value(), 1s);
  CHECK_EQ(root.byte_size_or("e", 7).value(), 7);
  CHECK(root.table_or_empty("f").value().finish().has_value());
  CHECK(root.tables("g", 1).value().empty());
  CHECK(root.texts("h", 1).value().empty());
  CHECK(root.finish().has_value());
}

TEST_CASE("errors name the key by its full path and not its value") {
  auto root = parsed("[engine]\nthreads = \"secret\"\nother = 1\n");
  auto engine = root.table("engine").value();
  const Error wrong = engine.integer("threads", {1, 2}).error();
  CHECK(wrong.is(CodecError::kWrongType));
  CHECK_EQ(wrong.message(), "engine.threads: expected an integer");
  const Error missing = engine.text("program").error();
  CHECK(missing.is(CodecError::kMissingKey));
  const Error unknown = engine.finish().error();
  CHECK(unknown.is(CodecError::kUnknownKey));
  CHECK_EQ(unknown.message(), "engine.other: unknown key");
}

TEST_CASE("values outside their bounds are refused") {
  auto root =
      parsed("n = 10\ns = \"abcdef\"\nt = [\"a\",\"b\"]\nh = \"00FF\"\nmixed = [{a=1}, 2]\n");
  CHECK(root.integer("n", {0, 9}).error().is(CodecError::kMalformed));
  CHECK(root.text("s", 5).error().is(CodecError::kTooLarge));
  CHECK(root.texts("t", 1).error().is(CodecError::kTooLarge));
  CHECK(root.hex("h", 2).error().is(CodecError::kMalformed));
  CHECK(root.tables("mixed", 9).error().is(CodecError::kWrongType));
}

TEST_CASE("durations and sizes need a whole number and a known unit") {
  CHECK_EQ(parse_duration("250ms").value(), 250ms);
  CHECK_EQ(parse_duration("15 m").value(), 15min);
  CHECK_EQ(parse_duration("7d").value(), 168h);
  for (const char* bad : {"", "30", "s", "1.5s", "-1s", "30 seconds", "30  s",
                          "99999999999999999999s", "9007199254740993d"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad).has_value());
  }
  CHECK_EQ(parse_byte_size("512 B").value(), 512);
  CHECK_EQ(parse_byte_size("2GiB").value(), 2ULL << 30U);
  for (const char* bad : {"64", "64 MB", "64 mib", "9007199254740992 KiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_byte_size(bad).has_value());
  }
}

TEST_CASE("what is not the TOML we use is refused without an exception") {
  CHECK(TomlTable::parse("a = ").error().is(CodecError::kMalformed));
  CHECK(TomlTable::parse("a = 1\na = 2").error().is(CodecError::kMalformed));
  CHECK(TomlTable::parse("a = 1.5").error().is(CodecError::kWrongType));
  CHECK(TomlTable::parse("a = 2020-01-01").error().is(CodecError::kWrongType));
  CHECK(TomlTable::parse("a = \"\xff\"").error().is(CodecError::kMalformed));
  CHECK(TomlTable::parse("a = 1", 4).error().is(CodecError::kTooLarge));
}

TEST_CASE("deep documents are refused before they can exhaust the stack") {
  std::string dotted = "a";
  for (int i = 0; i < 20'000; ++i) dotted += ".a";
  CHECK(TomlTable::parse(dotted + " = 1").error().is(CodecError::kTooDeep));
  CHECK(TomlTable::parse("[" + dotted + "]").error().is(CodecError::kTooDeep));
  CHECK(TomlTable::parse("a = " + std::string(20'000, '[')).error().is(CodecError::kTooDeep));
  std::string twenty = "a";
  for (int i = 0; i < 20; ++i) twenty += ".a";
  CHECK(TomlTable::parse(twenty + " = 1").error().is(CodecError::kTooDeep));
}

TEST_CASE("a quoted text reads back as itself") {
  const std::string text = "a\"b\\c\n\t\x01 \x7f é";
  auto root = parsed("t = " + toml_quoted(text));
  CHECK_EQ(root.text("t").value(), text);
}
