#include "tests/support/vectors.h"

#include <doctest/doctest.h>

#include "wire/directory.h"
#include "wire/hello.h"

using namespace cocoon;
using namespace cocoon::wire;

namespace {

constexpr const char* kVectors = "tests/data/formats/wire.json";

template <class Tagged>
Tagged tagged(const codec::Json& object, std::string_view key) {
  return Tagged::from(testing::hex(object, key)).value();
}

std::optional<CollateralDigest> collateral_of(const codec::Json& object) {
  const Bytes bytes = testing::hex(object, "collateral");
  if (bytes.empty()) return std::nullopt;
  return CollateralDigest::from(bytes).value();
}

}  // namespace

TEST_CASE("hellos are the vectors' bytes and verify as what they say") {
  const codec::Json vectors = testing::read_json(kVectors);
  const codec::Json& hello = testing::member(vectors, "hello");
  const auto key = crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(testing::hex(hello, "seed")).value());
  const ChannelBinding binding{
      .exporter = tagged<Hash256<struct AnyTag>>(hello, "exporter").bytes(),
      .server_spki_hash = tagged<Hash256<struct AnyTag>>(hello, "server_spki_hash").bytes()};
  REQUIRE_EQ(testing::items(hello, "cases").size(), 2);
  for (const codec::Json& item : testing::items(hello, "cases")) {
    const auto role = static_cast<attest::Role>(testing::number(item, "role"));
    const Kid kid = tagged<Kid>(item, "kid");
    const Bytes expected = testing::hex(item, "hello");
    CHECK_EQ(to_hex(make_hello(role, kid, key, binding)), to_hex(expected));
    const Hello verified = verify_hello(expected, binding).value();
    CHECK(verified.role == role);
    CHECK(verified.kid == kid);
    CHECK(verified.identity_key == key.public_key());
  }
}

TEST_CASE("directories are the vectors' bytes both ways") {
  const codec::Json vectors = testing::read_json(kVectors);
  REQUIRE_EQ(testing::items(vectors, "directory").size(), 2);
  for (const codec::Json& item : testing::items(vectors, "directory")) {
    Directory directory;
    for (const codec::Json& entry : testing::items(item, "entries")) {
      directory.entries.push_back(
          {.kid = tagged<Kid>(entry, "kid"),
           .model_hash = tagged<ModelHash>(entry, "model_hash"),
           .terms_hash = tagged<TermsHash>(entry, "terms_hash"),
           .busy_permille = static_cast<std::uint16_t>(testing::number(entry, "busy_permille")),
           .collateral = collateral_of(entry)});
    }
    const Bytes expected = testing::hex(item, "cbor");
    CHECK_EQ(to_hex(directory.encode()), to_hex(expected));
    CHECK_EQ(to_hex(Directory::decode(expected).value().encode()), to_hex(expected));
  }
}

TEST_CASE("load reports are the vectors' bytes both ways") {
  const codec::Json vectors = testing::read_json(kVectors);
  REQUIRE_EQ(testing::items(vectors, "load").size(), 2);
  for (const codec::Json& item : testing::items(vectors, "load")) {
    LoadReport report;
    for (const codec::Json& kid : testing::items(item, "kids")) {
      report.kids.push_back(Kid::from_hex(*kid.as_string()).value());
    }
    report.intake = static_cast<LoadReport::Intake>(testing::number(item, "intake"));
    report.places = static_cast<std::uint32_t>(testing::number(item, "places"));
    report.occupied = static_cast<std::uint32_t>(testing::number(item, "occupied"));
    report.collateral = collateral_of(item);
    const Bytes expected = testing::hex(item, "cbor");
    CHECK_EQ(to_hex(report.encode()), to_hex(expected));
    CHECK_EQ(to_hex(LoadReport::decode(expected).value().encode()), to_hex(expected));
  }
}
