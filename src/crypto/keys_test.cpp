#include "crypto/keys.h"

#include <doctest/doctest.h>

namespace cocoon::crypto {
namespace {

SecretArray<32> secret(std::string_view hex) {
  return SecretArray<32>::copy_of(from_hex(hex).value()).value();
}

TEST_CASE("ed25519 matches RFC 8032 section 7.1, test 3") {
  const auto pair = Ed25519KeyPair::from_seed(
      secret("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
  CHECK(pair.public_key().hex() ==
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const Ed25519Signature signature = pair.sign(from_hex("af82").value());
  CHECK(signature.hex() ==
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  CHECK(verify_ed25519(pair.public_key(), from_hex("af82").value(), signature).has_value());
  const auto refused = verify_ed25519(pair.public_key(), from_hex("af83").value(), signature);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(CryptoError::kBadSignature));
}

TEST_CASE("ed25519 signs and verifies an empty message") {
  const auto pair = Ed25519KeyPair::from_seed(
      secret("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  CHECK(pair.public_key().hex() ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(verify_ed25519(pair.public_key(), BytesView(), pair.sign(BytesView())).has_value());
}

TEST_CASE("x25519 matches RFC 7748 section 6.1 and both sides agree") {
  const auto alice = X25519KeyPair::from_private(
      secret("77076d0a7318a57d3c16c17251b26645df4c2f92ebc099c4ae36d5d1a3f7a2e0"));
  CHECK(alice.public_key().hex().size() == 64);
  const auto bob = X25519KeyPair::from_private(
      secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  CHECK(bob.public_key().hex() ==
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  CHECK(alice.shared_secret(bob.public_key()).value() ==
        bob.shared_secret(alice.public_key()).value());
}

TEST_CASE("x25519 refuses a peer point of small order") {
  const auto pair = X25519KeyPair::from_private(
      secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"}) {
    const auto shared = pair.shared_secret(X25519PublicKey::from_hex(point).value());
    REQUIRE_FALSE(shared.has_value());
    CHECK(shared.error().is(CryptoError::kBadKey));
  }
}

TEST_CASE("p-256 derives RFC 6979's key, and verifies its signature of \"sample\" and ours") {
  const auto pair = P256KeyPair::from_private(
                        secret("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"))
                        .value();
  CHECK(pair.public_key().hex() ==
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  const auto known = P256Signature::from_hex(
                         "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                         "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")
                         .value();
  CHECK(verify_p256(pair.public_key(), as_bytes("sample"), known).has_value());
  CHECK(verify_p256(pair.public_key(), as_bytes("ours"), pair.sign(as_bytes("ours")).value())
            .has_value());
  const auto refused = verify_p256(pair.public_key(), as_bytes("Sample"), known);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(CryptoError::kBadSignature));
}

TEST_CASE("p-384 derives RFC 6979's key, and verifies its signature of \"sample\" and ours") {
  const Bytes scalar = from_hex(
                           "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba"
                           "9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5")
                           .value();
  const auto pair = P384KeyPair::from_private(SecretArray<48>::copy_of(scalar).value()).value();
  CHECK(pair.public_key().hex() ==
        "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a2545154"
        "80bc13"
        "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533"
        "264720");
  const auto known = P384Signature::from_hex(
                         "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
                         "81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f"
                         "130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8")
                         .value();
  CHECK(verify_p384(pair.public_key(), as_bytes("sample"), known).has_value());
  CHECK(verify_p384(pair.public_key(), as_bytes("ours"), pair.sign(as_bytes("ours")).value())
            .has_value());
  const auto refused = verify_p384(pair.public_key(), as_bytes("Sample"), known);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(CryptoError::kBadSignature));
  CHECK(verify_p384(P384PublicKey(), as_bytes("m"), P384Signature())
            .error()
            .is(CryptoError::kBadKey));
  CHECK_FALSE(P384KeyPair::from_private(SecretArray<48>()).has_value());
}

TEST_CASE("p-256 refuses points off the curve, scalars out of range and zero signatures") {
  const auto off_curve = verify_p256(P256PublicKey(), as_bytes("m"), P256Signature());
  REQUIRE_FALSE(off_curve.has_value());
  CHECK(off_curve.error().is(CryptoError::kBadKey));
  CHECK_FALSE(P256KeyPair::from_private(SecretArray<32>()).has_value());
  CHECK_FALSE(P256KeyPair::from_private(
                  secret("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
                  .has_value());
  const auto highest = P256KeyPair::from_private(
      secret("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"));
  REQUIRE(highest.has_value());
  const auto zero = verify_p256(highest->public_key(), as_bytes("m"), P256Signature());
  REQUIRE_FALSE(zero.has_value());
  CHECK(zero.error().is(CryptoError::kBadSignature));
}

}  // namespace
}  // namespace cocoon::crypto
