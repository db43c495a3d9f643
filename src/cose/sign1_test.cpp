#include "cose/sign1.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "codec/base64.h"
#include "codec/json.h"

namespace cocoon::cose {
namespace {

using codec::Cbor;
using codec::Json;

Bytes hex(std::string_view text) {
  Result<Bytes> bytes = from_hex(text);
  REQUIRE_MESSAGE(bytes.has_value(), text);
  return *std::move(bytes);
}

// The members of a cose-wg example that a verifier needs.
struct Example {
  Bytes message;
  Json key;
  Bytes external_aad;
  Bytes to_be_signed;
};

const Json& at(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  REQUIRE_MESSAGE(value != nullptr, key);
  return *value;
}

Example load(const std::string& name) {
  std::ifstream file("tests/data/cose/" + name + ".json", std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const Result<Json> json = codec::parse_json(text);
  REQUIRE(json.has_value());
  const Json& sign0 = at(at(*json, "input"), "sign0");
  Example example{.message = hex(*at(at(*json, "output"), "cbor").as_string()),
                  .key = at(sign0, "key"),
                  .external_aad = {},
                  .to_be_signed = hex(*at(at(*json, "intermediates"), "ToBeSign_hex").as_string())};
  if (const Json* external = sign0.find("external"))
    example.external_aad = hex(*external->as_string());
  return example;
}

crypto::P256PublicKey p256_key(const Json& key) {
  const Result<Bytes> x = codec::from_base64url(*at(key, "x").as_string());
  const Result<Bytes> y = codec::from_base64url(*at(key, "y").as_string());
  REQUIRE(x.has_value());
  REQUIRE(y.has_value());
  return crypto::P256PublicKey::from(concat({*x, *y})).value();
}

Status verify_es256(const std::string& name) {
  const Example example = load(name);
  TRY(const UnverifiedSign1 message, parse_sign1(example.message));
  return verify_sign1(message, p256_key(example.key), example.external_aad);
}

crypto::Ed25519KeyPair test_key() {
  const Bytes seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  return crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(seed).value());
}

Bytes message_of(std::string_view protected_hex, Cbor unprotected, Cbor payload, Cbor signature) {
  return codec::encode_cbor(
      Cbor::tagged(18, Cbor::array({Cbor::bytes(hex(protected_hex)), std::move(unprotected),
                                    std::move(payload), std::move(signature)})));
}

Error refusal(BytesView bytes) {
  const Result<UnverifiedSign1> message = parse_sign1(bytes);
  REQUIRE_FALSE(message.has_value());
  return message.error();
}

TEST_CASE("sign1 verifies the EdDSA example of the COSE working group") {
  const Example example = load("eddsa-sig-01");
  const Result<UnverifiedSign1> message = parse_sign1(example.message);
  REQUIRE(message.has_value());
  CHECK(message->algorithm == Algorithm::kEdDsa);
  CHECK(as_text(message->payload) == "This is the content.");
  const auto key =
      crypto::Ed25519PublicKey::from_hex(*at(example.key, "x_hex").as_string()).value();
  CHECK(verify_sign1(*message, key).has_value());
  CHECK(verify_sign1(*message, key, as_bytes("other")).error().is(CoseError::kBadSignature));
  CHECK(encode_sign1(*message) == example.message);
}

TEST_CASE("sign1 verifies the ES256 examples that must pass") {
  CHECK(verify_es256("sign-pass-02").has_value());
  CHECK(verify_es256("sign-pass-03").has_value());
}

TEST_CASE("sign1 wants the algorithm in the protected header") {
  // sign-pass-01 names it in the unprotected header only, which RFC 9052 tolerates and Cocoon does
  // not.
  CHECK(verify_es256("sign-pass-01").error().is(CoseError::kUnsupportedAlgorithm));
}

TEST_CASE("sign1 refuses the ES256 examples that must fail") {
  CHECK(verify_es256("sign-fail-01").error().is(CoseError::kMalformed));     // tag 998
  CHECK(verify_es256("sign-fail-02").error().is(CoseError::kBadSignature));  // signature changed
  CHECK(verify_es256("sign-fail-03").error().is(CoseError::kUnsupportedAlgorithm));  // alg -999
  CHECK(
      verify_es256("sign-fail-04").error().is(CoseError::kUnsupportedAlgorithm));  // alg "unknown"
  CHECK(verify_es256("sign-fail-06").error().is(CoseError::kBadSignature));  // attribute added
  CHECK(verify_es256("sign-fail-07").error().is(CoseError::kBadSignature));  // attribute removed
}

TEST_CASE("sign1 refuses a key of another algorithm than the message names") {
  const Example ecdsa = load("sign-pass-02");
  const auto p256 = p256_key(ecdsa.key);
  const UnverifiedSign1 es256 = parse_sign1(ecdsa.message).value();
  CHECK(verify_sign1(es256, test_key().public_key(), ecdsa.external_aad)
            .error()
            .is(CoseError::kUnsupportedAlgorithm));
  const UnverifiedSign1 ed25519 = parse_sign1(sign1(test_key(), as_bytes("x"))).value();
  CHECK(verify_sign1(ed25519, p256).error().is(CoseError::kUnsupportedAlgorithm));
}

TEST_CASE("sign1 signs with algorithm -19 as its own vector says") {
  // Ed25519 is deterministic: the key is RFC 8032's first test key.
  const Bytes message = sign1(test_key(), as_bytes("This is the content."), as_bytes("aad"));
  CHECK(to_hex(message) ==
        "d28443a10132a054546869732069732074686520636f6e74656e742e584082f462c694a408565f7dbb86ff114a"
        "993a43b746009aec4ff481b61f9fc2ed34c37a75490850c0d06f328ab69b12e1a7aa608f2d71942180bbbf0573"
        "11c90808");
  const UnverifiedSign1 parsed = parse_sign1(message).value();
  CHECK(parsed.algorithm == Algorithm::kEd25519);
  CHECK(to_hex(parsed.protected_header) == "a10132");
  CHECK(parsed.unprotected_map == Cbor::map({}));
  CHECK(verify_sign1(parsed, test_key().public_key(), as_bytes("aad")).has_value());
  CHECK_FALSE(verify_sign1(parsed, test_key().public_key()).has_value());
}

TEST_CASE("sign1 covers extra protected parameters") {
  const Bytes message = sign1(test_key(), as_bytes("p"), {},
                              {{Cbor::integer(4), Cbor::bytes(as_bytes("kid"))},
                               {Cbor::integer(-70001), Cbor::integer(5)}});
  UnverifiedSign1 parsed = parse_sign1(message).value();
  CHECK(parsed.protected_map == codec::decode_cbor(hex("a301320443"
                                                       "6b6964"
                                                       "3a0001117005"))
                                    .value());
  REQUIRE(verify_sign1(parsed, test_key().public_key()).has_value());
  parsed.protected_header = hex("a10132");
  CHECK_FALSE(verify_sign1(parsed, test_key().public_key()).has_value());
}

TEST_CASE("sign1 refuses any single changed bit") {
  const Bytes message = sign1(test_key(), as_bytes("payload"));
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    Bytes changed = message;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const Result<UnverifiedSign1> parsed = parse_sign1(changed);
    const bool holds = parsed && verify_sign1(*parsed, test_key().public_key()).has_value();
    CHECK_FALSE_MESSAGE(holds, bit);
  }
}

TEST_CASE("sign1 refuses what is not a COSE_Sign1") {
  const Cbor none = Cbor::map({});
  const Cbor text = Cbor::bytes(as_bytes("p"));
  const Cbor signature = Cbor::bytes(Bytes(64));
  REQUIRE(parse_sign1(message_of("a10132", none, text, signature)).has_value());

  CHECK(refusal({}).is(CoseError::kMalformed));
  CHECK(refusal(hex("80")).is(CoseError::kMalformed));
  CHECK(refusal(hex("d280")).is(CoseError::kMalformed));
  CHECK(refusal(hex("d2d284")).is(CoseError::kMalformed));
  CHECK(refusal(hex("a0")).is(CoseError::kMalformed));
  // Detached payload; parts of the wrong type.
  CHECK(refusal(message_of("a10132", none, Cbor::null(), signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a10132", none, Cbor::text("p"), signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a10132", Cbor::array({}), text, signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a10132", none, text, Cbor::null())).is(CoseError::kMalformed));
  // A protected header that is no map, not deterministic, or with trailing bytes.
  CHECK(refusal(message_of("80", none, text, signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a1013200", none, text, signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a1180132", none, text, signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a201320132", none, text, signature)).is(CoseError::kMalformed));
  // crit; a label in both headers; a label that is a byte string.
  CHECK(refusal(message_of("a20132028104", none, text, signature)).is(CoseError::kMalformed));
  CHECK(refusal(message_of("a10132", Cbor::map({{Cbor::integer(1), Cbor::integer(-19)}}), text,
                           signature))
            .is(CoseError::kMalformed));
  CHECK(refusal(message_of("a10132", Cbor::map({{text, text}}), text, signature))
            .is(CoseError::kMalformed));
  // No algorithm at all.
  CHECK(refusal(message_of("", none, text, signature)).is(CoseError::kUnsupportedAlgorithm));
  CHECK(refusal(message_of("a0", none, text, signature)).is(CoseError::kUnsupportedAlgorithm));

  Bytes trailing = sign1(test_key(), as_bytes("p"));
  trailing.push_back({});
  CHECK(refusal(trailing).is(CoseError::kMalformed));
}

TEST_CASE("sign1 refuses signatures of the wrong length") {
  const Cbor payload = Cbor::bytes(as_bytes("p"));
  for (const std::size_t size : {0U, 63U, 65U}) {
    const Bytes bytes = message_of("a10132", Cbor::map({}), payload, Cbor::bytes(Bytes(size)));
    const UnverifiedSign1 message = parse_sign1(bytes).value();
    CHECK(verify_sign1(message, test_key().public_key()).error().is(CoseError::kBadSignature));
  }
}

}  // namespace
}  // namespace cocoon::cose
