#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "crypto/aead.h"
#include "crypto/keys.h"
#include "tests/support/vectors.h"

// Project Wycheproof's cases and CCTV's Ed25519 edge cases (tests/data/SOURCES.md). Each case
// counts how many vectors ran, so that a vector file which lost its cases cannot pass.
namespace cocoon::crypto {
namespace {

using codec::Json;
using testing::hex;
using testing::items;
using testing::number;
using testing::text;

Json suite(const std::string& name) {
  return testing::read_json("tests/data/wycheproof/" + name + "_test.json");
}

bool has_flag(const Json& test, std::string_view flag) {
  const Json* flags = test.find("flags");
  return flags != nullptr && flags->as_array() != nullptr &&
         std::ranges::any_of(*flags->as_array(),
                             [&](const Json& each) { return *each.as_string() == flag; });
}

void check_aead(const Json& test, AeadAlgorithm algorithm) {
  CAPTURE(number(test, "tcId"));
  Aead aead = Aead::create(algorithm, hex(test, "key")).value();
  AeadNonce nonce;
  std::ranges::copy(hex(test, "iv"), nonce.begin());
  const Bytes sealed = concat({hex(test, "ct"), hex(test, "tag")});
  const auto opened = aead.open(nonce, hex(test, "aad"), sealed);
  if (text(test, "result") == "valid") {
    CHECK(opened.value() == hex(test, "msg"));
    CHECK(aead.seal(nonce, hex(test, "aad"), hex(test, "msg")).value() == sealed);
  } else {
    CHECK_FALSE(opened.has_value());
  }
}

// Only 12-byte nonces and 16-byte tags exist for Aead; AES-192 does not.
std::size_t run_aead_suite(const std::string& name) {
  std::size_t ran = 0;
  const Json vectors = suite(name);
  for (const Json& group : items(vectors, "testGroups")) {
    if (number(group, "ivSize") != 96 || number(group, "tagSize") != 128 ||
        number(group, "keySize") == 192)
      continue;
    const AeadAlgorithm algorithm = name == "chacha20_poly1305" ? AeadAlgorithm::kChaCha20Poly1305
                                    : number(group, "keySize") == 128 ? AeadAlgorithm::kAes128Gcm
                                                                      : AeadAlgorithm::kAes256Gcm;
    for (const Json& test : items(group, "tests")) {
      check_aead(test, algorithm);
      ++ran;
    }
  }
  return ran;
}

TEST_CASE("aes-gcm agrees with wycheproof") { CHECK(run_aead_suite("aes_gcm") == 133); }

TEST_CASE("chacha20-poly1305 agrees with wycheproof") {
  CHECK(run_aead_suite("chacha20_poly1305") == 316);
}

TEST_CASE("hkdf-sha256 agrees with wycheproof") {
  std::size_t ran = 0;
  const Json vectors = suite("hkdf_sha256");
  for (const Json& group : items(vectors, "testGroups")) {
    for (const Json& test : items(group, "tests")) {
      CAPTURE(number(test, "tcId"));
      const HkdfPrk prk = hkdf_extract(hex(test, "salt"), hex(test, "ikm"));
      Bytes out(number(test, "size"));
      const Status expanded = hkdf_expand(prk, hex(test, "info"), out);
      CHECK(expanded.has_value() == (text(test, "result") == "valid"));
      if (expanded.has_value()) CHECK(out == hex(test, "okm"));
      ++ran;
    }
  }
  CHECK(ran == 86);
}

TEST_CASE("x25519 agrees with wycheproof and refuses every all-zero result") {
  std::size_t ran = 0;
  std::size_t refused = 0;
  const Json vectors = suite("x25519");
  for (const Json& group : items(vectors, "testGroups")) {
    for (const Json& test : items(group, "tests")) {
      CAPTURE(number(test, "tcId"));
      const auto pair =
          X25519KeyPair::from_private(SecretArray<32>::copy_of(hex(test, "private")).value());
      const auto shared = pair.shared_secret(X25519PublicKey::from(hex(test, "public")).value());
      if (hex(test, "shared") == Bytes(32)) {
        CHECK_FALSE(shared.has_value());
        ++refused;
      } else {
        CHECK(to_bytes(shared.value().expose()) == hex(test, "shared"));
      }
      ++ran;
    }
  }
  CHECK(ran == 518);
  CHECK(refused > 0);
}

TEST_CASE("ed25519 agrees with wycheproof") {
  std::size_t ran = 0;
  const Json vectors = suite("ed25519");
  for (const Json& group : items(vectors, "testGroups")) {
    const auto key = Ed25519PublicKey::from(hex(testing::member(group, "publicKey"), "pk")).value();
    for (const Json& test : items(group, "tests")) {
      CAPTURE(number(test, "tcId"));
      ++ran;
      const auto signature = Ed25519Signature::from(hex(test, "sig"));
      const bool accepted =
          signature.has_value() && verify_ed25519(key, hex(test, "msg"), *signature).has_value();
      CHECK(accepted == (text(test, "result") == "valid"));
    }
  }
  CHECK(ran == 151);
}

constexpr std::array<std::string_view, 5> kRefusedFlags = {
    "low_order_A", "low_order_R", "low_order_residue", "non_canonical_A", "non_canonical_R"};

// The cofactorless equation, and no point that stands for several: neither of small order nor
// encoded in another than its one canonical way.
TEST_CASE("ed25519 accepts and refuses CCTV's edge cases by the cofactorless equation") {
  const Json vectors = testing::read_json("tests/data/crypto/cctv-ed25519-edge.json");
  REQUIRE(vectors.as_array() != nullptr);
  CHECK(vectors.as_array()->size() == 914);
  std::size_t accepted_count = 0;
  for (const Json& test : *vectors.as_array()) {
    CAPTURE(number(test, "number"));
    const auto key = Ed25519PublicKey::from(hex(test, "key")).value();
    const auto signature = Ed25519Signature::from(hex(test, "sig")).value();
    const bool accepted = verify_ed25519(key, as_bytes(text(test, "msg")), signature).has_value();
    const bool refused =
        std::ranges::any_of(kRefusedFlags, [&](auto flag) { return has_flag(test, flag); });
    CHECK(accepted == !refused);
    accepted_count += accepted ? 1 : 0;
  }
  CHECK(accepted_count > 0);
}

// One DER INTEGER of a strict ECDSA signature as `size` big-endian bytes: minimal, positive, at
// most that many bytes of value.
std::optional<Bytes> take_integer(BytesView& der, std::size_t size) {
  if (der.size() < 3 || der[0] != std::byte{2} || std::to_integer<std::size_t>(der[1]) > size + 1) {
    return std::nullopt;
  }
  const auto length = std::to_integer<std::size_t>(der[1]);
  if (length == 0 || der.size() < 2 + length) return std::nullopt;
  BytesView value = der.subspan(2, length);
  der = der.subspan(2 + length);
  if ((value[0] & std::byte{0x80}) != std::byte{0}) return std::nullopt;
  if (value[0] == std::byte{0} && value.size() > 1) {
    if ((value[1] & std::byte{0x80}) == std::byte{0}) return std::nullopt;
    value = value.subspan(1);
  }
  if (value.size() > size) return std::nullopt;
  return concat({Bytes(size - value.size()), value});
}

// The raw form of a DER signature; nothing if it is not DER or does not fit, as no raw signature
// says the same.
template <class Curve>
std::optional<EcdsaSignature<Curve>> raw_signature(BytesView der) {
  if (der.size() < 2 || der[0] != std::byte{0x30} ||
      std::to_integer<std::size_t>(der[1]) != der.size() - 2) {
    return std::nullopt;
  }
  der = der.subspan(2);
  const auto r = take_integer(der, Curve::kCoordinateSize);
  if (!r.has_value()) return std::nullopt;
  const auto s = take_integer(der, Curve::kCoordinateSize);
  if (!s.has_value() || !der.empty()) return std::nullopt;
  return EcdsaSignature<Curve>::from(concat({*r, *s})).value();
}

// How many of the suite's tests a raw signature can express; each must be judged as the suite says.
template <class Curve, class Verify>
std::size_t run_ecdsa(const std::string& name, const Verify& verify) {
  std::size_t ran = 0;
  const Json vectors = suite(name);
  for (const Json& group : items(vectors, "testGroups")) {
    const Bytes point = hex(testing::member(group, "publicKey"), "uncompressed");
    REQUIRE(point.size() == 1 + 2 * Curve::kCoordinateSize);
    const auto key = EcdsaPublicKey<Curve>::from(BytesView(point).subspan(1)).value();
    for (const Json& test : items(group, "tests")) {
      CAPTURE(number(test, "tcId"));
      const bool valid = text(test, "result") == "valid";
      const auto signature = raw_signature<Curve>(hex(test, "sig"));
      if (!signature.has_value()) {
        CHECK_FALSE(valid);
        continue;
      }
      CHECK(verify(key, hex(test, "msg"), *signature).has_value() == valid);
      ++ran;
    }
  }
  return ran;
}

TEST_CASE("ecdsa agrees with wycheproof wherever a raw signature can say the same") {
  CHECK(run_ecdsa<P256>("ecdsa_secp256r1_sha256", verify_p256) == 249);
  CHECK(run_ecdsa<P384>("ecdsa_secp384r1_sha384", verify_p384) == 269);
}

}  // namespace
}  // namespace cocoon::crypto
