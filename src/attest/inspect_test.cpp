#include "attest/inspect.h"

#include <doctest/doctest.h>

#include "attest/image_toml.h"
#include "attest/intel/recorded_test.h"
#include "codec/error.h"

using namespace cocoon;
using namespace cocoon::attest;

namespace {
std::string text_of(const codec::Json& json, std::string_view key) {
  const codec::Json* value = json.find(key);
  REQUIRE(value != nullptr);
  REQUIRE(value->as_string() != nullptr);
  return *value->as_string();
}
bool flag(const codec::Json& json, std::string_view key) {
  const codec::Json* value = json.find(key);
  REQUIRE(value != nullptr);
  REQUIRE(value->as_boolean() != nullptr);
  return *value->as_boolean();
}
}  // namespace

TEST_CASE("a recorded quote is described without being judged") {
  const Bytes bytes = intel::test::data("tdx/10_v5_google_90c06f_2026-02/quote.bin");
  const codec::Json json = inspect_quote_json(bytes).value();
  CHECK_EQ(text_of(json, "kind"), "quote");
  CHECK_FALSE(flag(json, "verified"));
  CHECK_EQ(json.find("quote_version")->as_unsigned().value(), 5);
  CHECK_EQ(text_of(json, "body"), "TD 1.5");
  CHECK_EQ(text_of(json, "fmspc"), "90c06f000000");
  CHECK_EQ(text_of(json, "ppid"), "2734b654f553596897eaadfb5667a954");
  CHECK_EQ(text_of(json, "td_attributes"), "0000001000000000");
  CHECK(flag(json, "root_is_intel"));
  CHECK_EQ(json.find("rtmr")->as_array()->size(), 4);
  CHECK_EQ(json.find("certificates")->as_array()->size(), 3);
}

TEST_CASE("an evidence bundle is described with what binds its parts") {
  const tdxsim::WorkerFixture fixture = tdxsim::make_worker_fixture();
  EvidenceBundle bundle = fixture.bundle();
  const codec::Json json = inspect_quote_json(bundle.encode()).value();
  CHECK_EQ(text_of(json, "kind"), "evidence");
  CHECK_EQ(text_of(json, "kid"), kid_for(bundle.statement).hex());
  CHECK(flag(json, "quote_names_statement"));
  CHECK(flag(json, "statement_names_configuration"));
  CHECK_EQ(text_of(*json.find("statement"), "model"), "test-model");
  CHECK_FALSE(flag(*json.find("quote"), "root_is_intel"));
  bundle.configuration.push_back(std::byte{'\n'});
  CHECK_FALSE(flag(inspect_quote_json(bundle.encode()).value(), "statement_names_configuration"));
}

TEST_CASE("what is neither a quote nor a bundle cannot be inspected") {
  for (const std::string_view bytes : {"", "x", "\xa1", "{\"quote\":1}"}) {
    CHECK_FALSE(inspect_quote_json(as_bytes(bytes)).has_value());
  }
}

TEST_CASE("an image reads back as it was written") {
  const Image image = tdxsim::image_of(tdxsim::default_measurements());
  const std::string text = write_image_toml(image);
  const Image after = parse_image_toml(as_bytes(text)).value();
  CHECK_EQ(write_image_toml(after), text);
  CHECK_EQ(after.mrtd, image.mrtd);
  CHECK_EQ(after.shapes.at(0).rtmr0, image.shapes[0].rtmr0);
  CHECK_EQ(after.shapes.at(0).xfam, image.shapes[0].xfam);
  CHECK_EQ(tdxsim::measurements_of(after).rtmr2, image.rtmr2);
}

TEST_CASE("an image without shapes, or with keys that nobody knows, is refused") {
  Image image = tdxsim::image_of(tdxsim::default_measurements());
  const std::string good = write_image_toml(image);
  CHECK(
      parse_image_toml(as_bytes(good + "extra = 1\n")).error().is(codec::CodecError::kUnknownKey));
  image.shapes.clear();
  const std::string none = write_image_toml(image);
  CHECK_FALSE(parse_image_toml(as_bytes(none)).has_value());
}
