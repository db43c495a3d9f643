#include "codec/cbor.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/strong.h"

namespace cocoon::codec {
namespace {

Bytes hex(std::string_view text) {
  Result<Bytes> bytes = from_hex(text);
  REQUIRE_MESSAGE(bytes.has_value(), text);
  return *std::move(bytes);
}

Cbor u(std::uint64_t value) { return Cbor::unsigned_integer(value); }
Cbor i(std::int64_t value) { return Cbor::integer(value); }
Cbor t(std::string_view value) { return Cbor::text(value); }
Cbor b(std::string_view value_hex) { return Cbor::bytes(hex(value_hex)); }

void check_both_ways(const Cbor& item, std::string_view encoded) {
  CHECK_MESSAGE(to_hex(encode_cbor(item)) == encoded, encoded);
  const Result<Cbor> decoded = decode_cbor(hex(encoded));
  REQUIRE_MESSAGE(decoded.has_value(), encoded);
  CHECK_MESSAGE(*decoded == item, encoded);
}

void check_refused(std::string_view encoded, CodecError code, const CborLimits& limits = {}) {
  const Result<Cbor> decoded = decode_cbor(hex(encoded), limits);
  REQUIRE_MESSAGE(!decoded.has_value(), encoded);
  CHECK_MESSAGE(decoded.error().is(code), encoded, " ", decoded.error().message());
}

TEST_CASE("cbor encodes and decodes the integers of RFC 8949 appendix A") {
  check_both_ways(u(0), "00");
  check_both_ways(u(1), "01");
  check_both_ways(u(10), "0a");
  check_both_ways(u(23), "17");
  check_both_ways(u(24), "1818");
  check_both_ways(u(25), "1819");
  check_both_ways(u(100), "1864");
  check_both_ways(u(1000), "1903e8");
  check_both_ways(u(1000000), "1a000f4240");
  check_both_ways(u(1000000000000), "1b000000e8d4a51000");
  check_both_ways(u(18446744073709551615U), "1bffffffffffffffff");
  check_both_ways(i(-1), "20");
  check_both_ways(i(-10), "29");
  check_both_ways(i(-100), "3863");
  check_both_ways(i(-1000), "3903e7");
}

TEST_CASE("cbor encodes and decodes the strings of RFC 8949 appendix A") {
  check_both_ways(b(""), "40");
  check_both_ways(b("01020304"), "4401020304");
  check_both_ways(t(""), "60");
  check_both_ways(t("a"), "6161");
  check_both_ways(t("IETF"), "6449455446");
  check_both_ways(t("\"\\"), "62225c");
  check_both_ways(t("\xc3\xbc"), "62c3bc");
  check_both_ways(t("\xe6\xb0\xb4"), "63e6b0b4");
  check_both_ways(t("\xf0\x90\x85\x91"), "64f0908591");
}

TEST_CASE(
    "cbor encodes and decodes the containers, simple values and tags of RFC 8949 appendix A") {
  check_both_ways(Cbor::boolean(false), "f4");
  check_both_ways(Cbor::boolean(true), "f5");
  check_both_ways(Cbor::null(), "f6");
  check_both_ways(Cbor::array({}), "80");
  check_both_ways(Cbor::array({u(1), u(2), u(3)}), "83010203");
  check_both_ways(Cbor::array({u(1), Cbor::array({u(2), u(3)}), Cbor::array({u(4), u(5)})}),
                  "8301820203820405");
  Cbor::Array to_25;
  for (std::uint64_t n = 1; n <= 25; ++n) to_25.push_back(u(n));
  check_both_ways(Cbor::array(to_25), "98190102030405060708090a0b0c0d0e0f101112131415161718181819");
  check_both_ways(Cbor::map({}), "a0");
  check_both_ways(Cbor::map({{u(1), u(2)}, {u(3), u(4)}}), "a201020304");
  check_both_ways(Cbor::map({{t("a"), u(1)}, {t("b"), Cbor::array({u(2), u(3)})}}),
                  "a26161016162820203");
  check_both_ways(Cbor::array({t("a"), Cbor::map({{t("b"), t("c")}})}), "826161a161626163");
  check_both_ways(Cbor::map({{t("a"), t("A")},
                             {t("b"), t("B")},
                             {t("c"), t("C")},
                             {t("d"), t("D")},
                             {t("e"), t("E")}}),
                  "a56161614161626142616361436164614461656145");
  check_both_ways(Cbor::tagged(0, t("2013-03-21T20:04:00Z")),
                  "c074323031332d30332d32315432303a30343a30305a");
  check_both_ways(Cbor::tagged(1, u(1363896240)), "c11a514b67b0");
  check_both_ways(Cbor::tagged(23, b("01020304")), "d74401020304");
  check_both_ways(Cbor::tagged(24, b("6449455446")), "d818456449455446");
  check_both_ways(Cbor::tagged(32, t("http://www.example.com")),
                  "d82076687474703a2f2f7777772e6578616d706c652e636f6d");
}

TEST_CASE("cbor sorts map keys by their encoding") {
  // The example of RFC 8949 section 4.2.1, without its floats.
  const Cbor map = Cbor::map({{Cbor::boolean(false), u(0)},
                              {Cbor::array({i(-1)}), u(0)},
                              {Cbor::array({u(100)}), u(0)},
                              {t("aa"), u(0)},
                              {t("z"), u(0)},
                              {i(-1), u(0)},
                              {u(100), u(0)},
                              {u(10), u(0)}});
  CHECK(to_hex(encode_cbor(map)) ==
        "a80a00186400200061"
        "7a0062616100811864008120"
        "00f400");
}

TEST_CASE("cbor refuses floats, undefined and other simple values") {
  for (const std::string_view text :
       {"f90000", "f93c00", "fa47c35000", "fb3ff199999999999a", "f97e00", "f7", "f0", "f8ff",
        "f818", "e0", "ff", "fc", "fd", "fe"}) {
    check_refused(text, CodecError::kMalformed);
  }
}

TEST_CASE("cbor refuses integers and lengths in more bytes than they need") {
  for (const std::string_view text :
       {"1800", "1817", "190000", "1900ff", "1a00000000", "1a0000ffff", "1b0000000000000000",
        "1b00000000ffffffff", "3800", "390001", "5800", "590001aa", "780161", "9800", "990000",
        "b800", "d80000", "d81700"}) {
    check_refused(text, CodecError::kNotCanonical);
  }
}

TEST_CASE("cbor refuses indefinite lengths") {
  for (const std::string_view text :
       {"5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "9f018202039f0405ffff", "bfff",
        "bf61610161629f0203ffff", "83019f0203ff820405"}) {
    check_refused(text, CodecError::kNotCanonical);
  }
}

TEST_CASE("cbor refuses truncated items, reserved lengths and trailing bytes") {
  for (const std::string_view text : {"",
                                      "18",
                                      "19",
                                      "1903",
                                      "1a000f42",
                                      "1b000000e8d4a510",
                                      "41",
                                      "44010203",
                                      "6261",
                                      "62",
                                      "81",
                                      "8201",
                                      "a1",
                                      "a101",
                                      "c0",
                                      "1c",
                                      "1d",
                                      "1e",
                                      "3c",
                                      "5d",
                                      "9c",
                                      "bd",
                                      "dc",
                                      "0000",
                                      "f6f6",
                                      "8000",
                                      "5bffffffffffffffff",
                                      "7bffffffffffffffff",
                                      "9bffffffffffffffff",
                                      "bbffffffffffffffff",
                                      "9a7fffffff"}) {
    check_refused(text, CodecError::kMalformed);
  }
}

TEST_CASE("cbor refuses text that is not UTF-8") {
  for (const std::string_view text :
       {"6180", "62c0af", "63eda080", "64f4908080", "62e6b0", "61ff"}) {
    check_refused(text, CodecError::kMalformed);
  }
}

TEST_CASE("cbor refuses repeated and unsorted keys") {
  check_refused("a201000100", CodecError::kDuplicateKey);
  check_refused("a2616100616100", CodecError::kDuplicateKey);
  check_refused("a203000100", CodecError::kNotCanonical);
  check_refused("a2616200616100", CodecError::kNotCanonical);
  check_refused("a220000100", CodecError::kNotCanonical);
  // -1 before 24: the length-first order of RFC 7049, not the bytewise one.
  check_refused("a22000181800", CodecError::kNotCanonical);
}

TEST_CASE("cbor limits depth and the number of items") {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t n = 1; n < depth; ++n) text += "81";
    return text + "80";
  };
  CHECK(decode_cbor(hex(nested(16))).has_value());
  check_refused(nested(17), CodecError::kTooDeep);
  check_refused(nested(100'000), CodecError::kTooDeep);
  std::string tags;
  for (int n = 0; n < 17; ++n) tags += "c1";
  check_refused(tags + "00", CodecError::kTooDeep);
  std::string keys;
  for (int n = 0; n < 17; ++n) keys += "a1";
  check_refused(keys + "0000", CodecError::kTooDeep);
  CHECK(decode_cbor(hex("83010203"), {.items = 4}).has_value());
  check_refused("83010203", CodecError::kTooLarge, {.items = 3});
  check_refused("a101a10102", CodecError::kTooLarge, {.items = 4});
}

TEST_CASE("cbor views answer for their own type and range only") {
  CHECK(u(5).as_unsigned() == 5U);
  CHECK(u(5).as_integer() == 5);
  CHECK_FALSE(i(-5).as_unsigned().has_value());
  CHECK_FALSE(u(std::uint64_t{1} << 63U).as_integer().has_value());
  CHECK(i(std::numeric_limits<std::int64_t>::min()).as_integer() ==
        std::numeric_limits<std::int64_t>::min());
  check_both_ways(i(std::numeric_limits<std::int64_t>::min()), "3b7fffffffffffffff");
  const Result<Cbor> beyond = decode_cbor(hex("3b8000000000000000"));
  REQUIRE(beyond.has_value());
  CHECK_FALSE(beyond->as_integer().has_value());
  CHECK(to_hex(encode_cbor(*beyond)) == "3b8000000000000000");

  CHECK_FALSE(t("a").as_bytes().has_value());
  CHECK_FALSE(b("61").as_text().has_value());
  CHECK_FALSE(Cbor::null().as_boolean().has_value());
  CHECK_FALSE(Cbor::map({}).as_array().has_value());
  CHECK_FALSE(Cbor::array({}).as_map().has_value());
  CHECK_FALSE(u(1).is_null());
  const Cbor tagged = Cbor::tagged(18, u(1));
  REQUIRE(tagged.as_tagged(18).has_value());
  CHECK(**tagged.as_tagged(18) == u(1));
  CHECK(tagged.as_tagged(19).error().is(CodecError::kWrongType));
  CHECK(u(1).as_tagged(18).error().is(CodecError::kWrongType));
  CHECK_FALSE(tagged == Cbor::tagged(19, u(1)));
  CHECK_FALSE(tagged == Cbor::tagged(18, u(2)));
  CHECK_FALSE(tagged == u(1));
}

TEST_CASE("cbor text made of other bytes still encodes to something that decodes") {
  const Bytes encoded = encode_cbor(t("a\xff"));
  CHECK(to_hex(encoded) == "6461efbfbd");
  CHECK(decode_cbor(encoded).has_value());
}

TEST_CASE("cbor fields are read by a closed schema") {
  const Cbor map = Cbor::map({{u(1), u(7)},
                              {u(2), i(-3)},
                              {i(-1), t("x")},
                              {u(4), b("00112233445566778899aabbccddeeff")}});
  Result<CborFields> fields = CborFields::of(map);
  REQUIRE(fields.has_value());
  CHECK(fields->unsigned_integer(1) == 7U);
  CHECK(fields->integer(2) == -3);
  CHECK(fields->text(-1) == "x");
  CHECK(fields->finish().error().is(CodecError::kUnknownKey));
  using Id = TaggedBytes<struct IdTag, 16>;
  CHECK(fields->tagged_bytes<Id>(4)->hex() == "00112233445566778899aabbccddeeff");
  CHECK(fields->finish().has_value());
  CHECK(fields->optional(9) == nullptr);
  CHECK(fields->required(9).error().is(CodecError::kMissingKey));
}

TEST_CASE("cbor fields refuse another type or length than the schema's") {
  const Cbor map = Cbor::map({{u(1), u(7)}, {u(2), b("0011")}});
  using Id = TaggedBytes<struct IdTag, 16>;
  CHECK(CborFields::of(map)->text(1).error().is(CodecError::kWrongType));
  CHECK(CborFields::of(map)->bytes(1).error().is(CodecError::kWrongType));
  CHECK(CborFields::of(map)->unsigned_integer(2).error().is(CodecError::kWrongType));
  CHECK(CborFields::of(map)->integer(2).error().is(CodecError::kWrongType));
  CHECK_FALSE(CborFields::of(map)->tagged_bytes<Id>(2).has_value());
  CHECK(CborFields::of(u(1)).error().is(CodecError::kWrongType));
}

}  // namespace
}  // namespace cocoon::codec
