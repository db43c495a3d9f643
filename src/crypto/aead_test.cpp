#include "crypto/aead.h"

#include <doctest/doctest.h>

namespace cocoon::crypto {
namespace {

constexpr AeadAlgorithm kAll[] = {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm,
                                  AeadAlgorithm::kChaCha20Poly1305};

AeadNonce nonce_of(std::uint8_t value) {
  AeadNonce nonce{};
  nonce.back() = std::byte{value};
  return nonce;
}

TEST_CASE("an aead opens what it sealed, message after message with one key") {
  for (const AeadAlgorithm algorithm : kAll) {
    Aead aead = Aead::create(algorithm, Bytes(key_size(algorithm), std::byte{7})).value();
    for (std::uint8_t i = 0; i < 40; ++i) {
      const Bytes plaintext(std::size_t{7} * i, std::byte{i});
      const Bytes aad(i % 5U, std::byte{1});
      const Bytes sealed = aead.seal(nonce_of(i), aad, plaintext).value();
      CHECK(sealed.size() == plaintext.size() + kAeadTagSize);
      CHECK(aead.open(nonce_of(i), aad, sealed).value() == plaintext);
    }
  }
}

TEST_CASE("an aead refuses any changed bit, nonce, aad or key and then goes on working") {
  for (const AeadAlgorithm algorithm : kAll) {
    const Bytes key(key_size(algorithm), std::byte{7});
    Aead aead = Aead::create(algorithm, key).value();
    const Bytes sealed = aead.seal(nonce_of(1), as_bytes("aad"), as_bytes("hello")).value();
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      Bytes changed = sealed;
      changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto opened = aead.open(nonce_of(1), as_bytes("aad"), changed);
      REQUIRE_FALSE(opened.has_value());
      CHECK(opened.error().is(CryptoError::kDecryptFailed));
    }
    CHECK_FALSE(aead.open(nonce_of(2), as_bytes("aad"), sealed).has_value());
    CHECK_FALSE(aead.open(nonce_of(1), as_bytes("aae"), sealed).has_value());
    CHECK_FALSE(aead.open(nonce_of(1), BytesView(), sealed).has_value());
    CHECK_FALSE(aead.open(nonce_of(1), as_bytes("aad"), BytesView(sealed).first(sealed.size() - 1))
                    .has_value());
    CHECK_FALSE(aead.open(nonce_of(1), as_bytes("aad"), BytesView(sealed).first(15)).has_value());
    CHECK_FALSE(aead.open(nonce_of(1), as_bytes("aad"), BytesView()).has_value());
    Bytes other_key = key;
    other_key[0] ^= std::byte{1};
    CHECK_FALSE(Aead::create(algorithm, other_key)
                    .value()
                    .open(nonce_of(1), as_bytes("aad"), sealed)
                    .has_value());
    CHECK(aead.open(nonce_of(1), as_bytes("aad"), sealed).value() == to_bytes("hello"));
  }
}

TEST_CASE("appending keeps what was there, and a refused message adds nothing") {
  Aead aead = Aead::create(AeadAlgorithm::kAes256Gcm, Bytes(32, std::byte{7})).value();
  Bytes sealed = to_bytes("head");
  REQUIRE(aead.seal_append(nonce_of(1), BytesView(), as_bytes("hello"), sealed).has_value());
  CHECK(as_text(BytesView(sealed).first(4)) == "head");
  Bytes opened = to_bytes("head");
  REQUIRE(
      aead.open_append(nonce_of(1), BytesView(), BytesView(sealed).subspan(4), opened).has_value());
  CHECK(opened == to_bytes("headhello"));
  CHECK_FALSE(
      aead.open_append(nonce_of(2), BytesView(), BytesView(sealed).subspan(4), opened).has_value());
  CHECK(opened == to_bytes("headhello"));
}

TEST_CASE("an aead refuses a key of the wrong length") {
  for (const AeadAlgorithm algorithm : kAll) {
    CHECK_FALSE(Aead::create(algorithm, Bytes(key_size(algorithm) - 1)).has_value());
    CHECK_FALSE(Aead::create(algorithm, Bytes(key_size(algorithm) + 1)).has_value());
    CHECK_FALSE(Aead::create(algorithm, BytesView()).has_value());
  }
}

TEST_CASE("nonces count in their last eight bytes, big-endian, over the base") {
  const AeadNonce base = [] {
    AeadNonce nonce;
    nonce.fill(std::byte{0xff});
    return nonce;
  }();
  CHECK(to_hex(nonce_for(AeadNonce{}, 0x0102030405060708)) == "000000000102030405060708");
  CHECK(to_hex(nonce_for(base, 1)) == "fffffffffffffffffffffffe");
  CHECK(nonce_for(base, 0) == base);
}

}  // namespace
}  // namespace cocoon::crypto
