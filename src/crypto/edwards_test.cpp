#include "crypto/edwards.h"

#include <doctest/doctest.h>

#include "crypto/aes_ctr.h"
#include "crypto/password.h"

namespace cocoon::crypto {
namespace {

TEST_CASE("both forms of an Ed25519 key agree on secrets") {
  ByteArray<32> seed_a{std::byte{1}};
  ByteArray<32> seed_b{std::byte{2}};
  const SecretArray<32> secret_a(seed_a);
  const SecretArray<32> secret_b(seed_b);
  const auto public_a = x25519_of(Ed25519KeyPair::from_seed(secret_a.clone()).public_key()).value();
  const auto public_b = x25519_of(Ed25519KeyPair::from_seed(secret_b.clone()).public_key()).value();
  CHECK(x25519_of_seed(secret_a).public_key() == public_a);
  CHECK(x25519_of_seed(secret_a).shared_secret(public_b).value() ==
        x25519_of_seed(secret_b).shared_secret(public_a).value());
}

TEST_CASE("bytes that are no coordinate are refused") {
  ByteArray<32> one{std::byte{1}};
  CHECK_FALSE(x25519_of(Ed25519PublicKey(one)).has_value());
  ByteArray<32> above;
  above.fill(std::byte{0xFF});
  CHECK_FALSE(x25519_of(Ed25519PublicKey(above)).has_value());
}

// NIST SP 800-38A F.5.5.
TEST_CASE("AES-256 in counter mode gives the published blocks, in any pieces") {
  const auto key =
      SecretArray<32>::copy_of(
          from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").value())
          .value();
  ByteArray<16> counter;
  std::ranges::copy(from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").value(), counter.begin());
  Bytes text = from_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51").value();
  AesCtr stream(key, counter);
  stream.apply(MutableBytesView(text).first(5));
  stream.apply(MutableBytesView(text).subspan(5));
  CHECK(to_hex(text) == "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
}

// RFC 4231 test case 2; PBKDF2 vectors as the Python standard library computes them.
TEST_CASE("HMAC and PBKDF2 over SHA-512 give the published values") {
  CHECK(to_hex(hmac_sha512(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).expose()) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8"
        "f0e6fdcaeab1a34d4a6b4b"
        "636e070a38bce737");
  CHECK(to_hex(pbkdf2_sha512(as_bytes("password"), as_bytes("salt"), 2).expose()) ==
        "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f7840edce4f"
        "ef5a82be67335c77a6068e"
        "04112754f27ccf4e");
}

}  // namespace
}  // namespace cocoon::crypto
