#include "crypto/hash.h"

#include <doctest/doctest.h>

namespace cocoon::crypto {
namespace {

TEST_CASE("sha-2 matches FIPS 180-4's examples and joins its parts") {
  CHECK(to_hex(sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256(BytesView())) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}) == sha256(as_bytes("abc")));
  CHECK(to_hex(sha384(as_bytes("abc"))) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134"
        "c825a7");
  CHECK(to_hex(sha512({as_bytes("ab"), as_bytes("c")})) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("a streamed hash equals the hash of the whole") {
  Sha256 stream;
  stream.update(as_bytes("a"));
  stream.update(BytesView());
  stream.update(as_bytes("bc"));
  Sha256 moved = std::move(stream);
  CHECK(moved.finish() == sha256(as_bytes("abc")));
}

TEST_CASE("hkdf refuses more output than RFC 5869 allows") {
  const HkdfPrk prk = hkdf_extract(BytesView(), as_bytes("input"));
  Bytes longest(std::size_t{255} * 32);
  Bytes too_long(longest.size() + 1);
  CHECK(hkdf_expand(prk, BytesView(), longest).has_value());
  CHECK_FALSE(hkdf_expand(prk, BytesView(), too_long).has_value());
}

TEST_CASE("hkdf matches RFC 5869's first case") {
  const Bytes input_key(22, std::byte{0x0b});
  const HkdfPrk prk = hkdf_extract(from_hex("000102030405060708090a0b0c").value(), input_key);
  CHECK(to_hex(prk.expose()) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  CHECK(to_hex(hkdf_expand_to<42>(prk, from_hex("f0f1f2f3f4f5f6f7f8f9").value()).expose()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("hkdf matches RFC 5869's second case, whose salt is longer than a block") {
  Bytes salt(80);
  Bytes input_key(80);
  Bytes info(80);
  for (std::size_t i = 0; i < 80; ++i) {
    input_key[i] = static_cast<std::byte>(i);
    salt[i] = static_cast<std::byte>(0x60 + i);
    info[i] = static_cast<std::byte>(0xb0 + i);
  }
  const HkdfPrk prk = hkdf_extract(salt, input_key);
  CHECK(to_hex(prk.expose()) == "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
  CHECK(
      to_hex(hkdf_expand_to<82>(prk, info).expose()) ==
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e59"
      "0e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

}  // namespace
}  // namespace cocoon::crypto
