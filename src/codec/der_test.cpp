#include "codec/der.h"

#include <doctest/doctest.h>

namespace cocoon::codec {
namespace {

Bytes hex(std::string_view text) {
  Result<Bytes> bytes = from_hex(text);
  REQUIRE_MESSAGE(bytes.has_value(), text);
  return *std::move(bytes);
}

TEST_CASE("der reads the elements of a sequence in order") {
  // The shape of an entry of Intel's SGX extensions: SEQUENCE { OID 1.2.840.113741.1.13.1.2.1,
  // INTEGER 5 }.
  const Bytes bytes = hex("3010060b2a864886f84d010d010201020105");
  DerReader document(bytes);
  Result<DerReader> sequence = document.sequence();
  REQUIRE(sequence.has_value());
  CHECK(document.expect_end().has_value());
  CHECK(sequence->peek() == DerTag::kObjectIdentifier);
  CHECK(sequence->object_identifier() == "1.2.840.113741.1.13.1.2.1");
  CHECK(sequence->unsigned_integer() == 5U);
  CHECK(sequence->at_end());
}

TEST_CASE("der object identifiers go both ways") {
  for (const std::string_view dotted :
       {"0.0", "0.39", "1.0", "1.39", "2.0", "2.39", "2.40", "2.999.3", "1.2.840.10045.3.1.7",
        "1.2.840.113741.1.13.1.4", "2.18446744073709551535", "1.3.18446744073709551615"}) {
    const Bytes encoded = der_object_identifier(dotted);
    CHECK(DerReader(encoded).object_identifier() == std::string(dotted));
  }
  CHECK(to_hex(der_object_identifier("2.999.3")) == "0603883703");
  CHECK(to_hex(der_object_identifier("1.2.840.113549")) == "06062a864886f70d");
}

TEST_CASE("der unsigned integers go both ways") {
  const std::pair<std::uint64_t, std::string_view> vectors[] = {
      {0, "020100"},
      {1, "020101"},
      {127, "02017f"},
      {128, "02020080"},
      {255, "020200ff"},
      {256, "02020100"},
      {32767, "02027fff"},
      {32768, "0203008000"},
      {18446744073709551615U, "020900ffffffffffffffff"}};
  for (const auto& [value, encoded] : vectors) {
    CHECK(to_hex(der_unsigned(value)) == encoded);
    const Bytes bytes = hex(encoded);
    CHECK(DerReader(bytes).unsigned_integer() == value);
  }
}

TEST_CASE("der refuses integers that are negative, not minimal, empty or too large") {
  const auto refusal = [](std::string_view text) {
    const Bytes bytes = hex(text);
    return DerReader(bytes).unsigned_integer().error();
  };
  CHECK(refusal("0201ff").is(CodecError::kWrongType));
  CHECK(refusal("02020001").is(CodecError::kNotCanonical));
  CHECK(refusal("02020000").is(CodecError::kNotCanonical));
  CHECK(refusal("0200").is(CodecError::kMalformed));
  CHECK(refusal("0209010000000000000000").is(CodecError::kTooLarge));
  CHECK(refusal("020a00ffffffffffffffffff").is(CodecError::kTooLarge));
  CHECK(refusal("040101").is(CodecError::kWrongType));
}

TEST_CASE("der lengths have one form only") {
  const auto refusal = [](const Bytes& bytes) {
    return DerReader(bytes).element(DerTag::kOctetString).error();
  };
  CHECK(refusal(hex("0480")).is(CodecError::kNotCanonical));
  CHECK(refusal(hex("048101aa")).is(CodecError::kNotCanonical));
  CHECK(refusal(hex("04820001aa")).is(CodecError::kNotCanonical));
  CHECK(refusal(hex("04850100000000")).is(CodecError::kTooLarge));
}

TEST_CASE("der encodes and reads long lengths") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{127}, std::size_t{128}, std::size_t{255}, std::size_t{256},
        std::size_t{65535}, std::size_t{65536}}) {
    const Bytes content(size, std::byte{0x5a});
    const Bytes encoded = der_element(DerTag::kOctetString, content);
    DerReader reader(encoded);
    const Result<BytesView> read = reader.element(DerTag::kOctetString);
    REQUIRE(read.has_value());
    CHECK(equal(*read, content));
    CHECK(reader.at_end());
  }
  CHECK(to_hex(BytesView(der_element(DerTag::kOctetString, Bytes(200))).first(3)) == "0481c8");
}

TEST_CASE("der gives an element with and without its tag and length") {
  const Bytes bytes = hex("a0030201020500");
  DerReader reader(bytes);
  CHECK(reader.is_next(DerTag::kExplicit0));
  const auto first = reader.next();
  REQUIRE(first.has_value());
  CHECK(first->tag == DerTag::kExplicit0);
  CHECK(to_hex(first->content) == "020102");
  CHECK(to_hex(first->whole) == "a003020102");
  CHECK_FALSE(reader.is_next(DerTag::kExplicit0));
  CHECK(to_hex(reader.next().value().whole) == "0500");
  CHECK_FALSE(reader.is_next(DerTag::kNull));
  CHECK(reader.next().error().is(CodecError::kMalformed));
}

TEST_CASE("der refuses truncated elements, unknown tags and trailing bytes") {
  for (const std::string_view text :
       {"", "04", "0402aa", "0481", "048201", "04820100aa", "048180aa"}) {
    const Bytes bytes = hex(text);
    const Result<BytesView> element = DerReader(bytes).element(DerTag::kOctetString);
    REQUIRE_MESSAGE(!element.has_value(), text);
    CHECK_MESSAGE(element.error().is(CodecError::kMalformed), text);
  }
  for (const std::string_view text : {"0900", "1f8100", "a103020102", "1400"}) {
    const Bytes bytes = hex(text);
    CHECK(DerReader(bytes).peek().error().is(CodecError::kWrongType));
  }
  const Bytes two = hex("040004");
  DerReader reader(two);
  REQUIRE(reader.element(DerTag::kOctetString).has_value());
  CHECK(reader.expect_end().error().is(CodecError::kMalformed));
}

TEST_CASE("der refuses object identifiers that are empty, cut, padded or out of range") {
  const auto refusal = [](std::string_view text) {
    const Bytes bytes = hex(text);
    return DerReader(bytes).object_identifier().error();
  };
  CHECK(refusal("0600").is(CodecError::kMalformed));
  CHECK(refusal("06022a86").is(CodecError::kMalformed));
  CHECK(refusal("06032a8001").is(CodecError::kNotCanonical));
  CHECK(refusal("060b2affffffffffffffffff7f").is(CodecError::kTooLarge));
  CHECK(refusal("068181" + std::string(129 * 2, '1')).is(CodecError::kTooLarge));
}

TEST_CASE("der a failed read takes nothing") {
  const Bytes bytes = hex("0201050403");
  DerReader reader(bytes);
  CHECK_FALSE(reader.element(DerTag::kSequence).has_value());
  CHECK(reader.unsigned_integer() == 5U);
  CHECK_FALSE(reader.element(DerTag::kOctetString).has_value());
  CHECK(reader.peek() == DerTag::kOctetString);
}

TEST_CASE("der sequences nest") {
  const Bytes inner = der_sequence({der_unsigned(7)});
  const Bytes outer = der_sequence({inner, der_element(DerTag::kBoolean, hex("ff"))});
  CHECK(to_hex(outer) == "300830030201070101ff");
}

}  // namespace
}  // namespace cocoon::codec
