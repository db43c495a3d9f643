#include <doctest/doctest.h>

#include "crypto/keys.h"
#include "wire/directory.h"
#include "wire/hello.h"

using namespace cocoon;
using namespace cocoon::wire;

namespace {

Kid kid_of(std::uint8_t seed) {
  ByteArray<32> bytes{};
  bytes.fill(std::byte{seed});
  return Kid(bytes);
}

crypto::Ed25519KeyPair key_of(std::uint8_t seed) {
  return crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(kid_of(seed).view()).value());
}

ChannelBinding binding_of(std::uint8_t seed) {
  return {.exporter = kid_of(seed).bytes(), .server_spki_hash = kid_of(99).bytes()};
}

}  // namespace

TEST_CASE("a hello holds for its own channel, key, kid and role only") {
  const auto key = key_of(1);
  const Bytes hello = make_hello(attest::Role::kWorker, kid_of(2), key, binding_of(3));
  REQUIRE_EQ(hello.size(), Hello::kSize);
  const Hello verified = verify_hello(hello, binding_of(3)).value();
  CHECK(verified.identity_key == key.public_key());
  CHECK(verified.kid == kid_of(2));
  CHECK(verify_hello(hello, binding_of(4)).error().is(WireError::kBadHello));
  ChannelBinding other_server = binding_of(3);
  other_server.server_spki_hash = kid_of(98).bytes();
  CHECK(verify_hello(hello, other_server).error().is(WireError::kBadHello));
}

TEST_CASE("every flipped bit and every truncation of a hello is refused") {
  const Bytes hello = make_hello(attest::Role::kProxy, Kid(), key_of(1), binding_of(3));
  for (std::size_t bit = 0; bit < hello.size() * 8; ++bit) {
    Bytes changed = hello;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CAPTURE(bit);
    CHECK_FALSE(verify_hello(changed, binding_of(3)).has_value());
  }
  for (std::size_t length = 0; length < hello.size(); ++length) {
    CHECK_FALSE(verify_hello(BytesView(hello).first(length), binding_of(3)).has_value());
  }
  Bytes longer = hello;
  longer.push_back(std::byte{0});
  CHECK_FALSE(verify_hello(longer, binding_of(3)).has_value());
}

TEST_CASE("a directory round-trips and refuses unknown fields, versions and sizes") {
  Directory directory;
  directory.entries.push_back({.kid = kid_of(1),
                               .model_hash = ModelHash(kid_of(2).bytes()),
                               .terms_hash = TermsHash(),
                               .busy_permille = 250});
  const Bytes encoded = directory.encode();
  const Directory decoded = Directory::decode(encoded).value();
  REQUIRE_EQ(decoded.entries.size(), 1);
  CHECK(decoded.entries[0].kid == kid_of(1));
  CHECK_EQ(decoded.entries[0].busy_permille, 250);
  for (std::size_t length = 0; length < encoded.size(); ++length) {
    CHECK_FALSE(Directory::decode(BytesView(encoded).first(length)).has_value());
  }
  CHECK_FALSE(Directory::decode(from_hex("a200010180").value()).has_value());      // version 1
  CHECK_FALSE(Directory::decode(from_hex("a3000201800200").value()).has_value());  // unknown key 2
  CHECK(Directory::decode(from_hex("a200020180").value()).value().entries.empty());
}

TEST_CASE("a load report round-trips and refuses what it cannot mean") {
  LoadReport report;
  report.kids = {kid_of(1), kid_of(2)};
  report.intake = LoadReport::Intake::kClosed;
  report.places = 10;
  report.occupied = 3;
  const LoadReport decoded = LoadReport::decode(report.encode()).value();
  CHECK(decoded.kids == report.kids);
  CHECK(decoded.intake == LoadReport::Intake::kClosed);
  CHECK_EQ(decoded.places, 10);
  CHECK_EQ(decoded.occupied, 3);
  report.kids.assign(kKidsPerWorkerMax + 1, kid_of(1));
  CHECK_FALSE(LoadReport::decode(report.encode()).has_value());
}
