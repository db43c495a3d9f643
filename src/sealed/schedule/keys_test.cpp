#include "sealed/schedule/keys.h"

#include <doctest/doctest.h>

#include "support/sealed_vectors.h"

using namespace cocoon;
using namespace cocoon::sealed;
using namespace cocoon::sealed::test;

namespace {

SequenceCipher example_cipher(unsigned cek = 1) {
  return request_cipher(filled<HeaderHash>(2), filled_secret(cek)).value();
}

}  // namespace

TEST_CASE("what one end of a sequence seals the other opens, in order only") {
  SequenceCipher sealer = example_cipher();
  Bytes first;
  Bytes second;
  REQUIRE(sealer.seal_append(Position::kMiddle, as_bytes("one"), first).has_value());
  REQUIRE(sealer.seal_append(Position::kLast, as_bytes("two"), second).has_value());

  SequenceCipher opener = example_cipher();
  Bytes out;
  CHECK(opener.open_append(Position::kMiddle, first, out).has_value());
  CHECK(opener.open_append(Position::kLast, second, out).has_value());
  CHECK_EQ(as_text(out), "onetwo");

  SequenceCipher out_of_order = example_cipher();
  Bytes nothing;
  CHECK(out_of_order.open_append(Position::kMiddle, second, nothing)
            .error()
            .is(SealedError::kOpenFailed));
  CHECK(nothing.empty());
  CHECK(
      out_of_order.open_append(Position::kMiddle, first, nothing).error().is(SealedError::kClosed));
}

TEST_CASE("the last message is told from the others") {
  SequenceCipher sealer = example_cipher();
  Bytes last;
  REQUIRE(sealer.seal_append(Position::kLast, as_bytes("end"), last).has_value());
  CHECK(sealer.seal_append(Position::kMiddle, as_bytes("more"), last)
            .error()
            .is(SealedError::kClosed));
  Bytes out;
  CHECK_FALSE(example_cipher().open_append(Position::kMiddle, last, out).has_value());
  SequenceCipher opener = example_cipher();
  CHECK_EQ(opener.open_either_append(last, out).value(), Position::kLast);
  CHECK(opener.open_either_append(last, out).error().is(SealedError::kClosed));
}

TEST_CASE("another content key, header, enc or nonce gives another cipher") {
  Bytes sealed;
  REQUIRE(example_cipher().seal_append(Position::kMiddle, as_bytes("x"), sealed).has_value());
  Bytes out;
  CHECK_FALSE(example_cipher(9).open_append(Position::kMiddle, sealed, out).has_value());
  CHECK_FALSE(request_cipher(filled<HeaderHash>(3), filled_secret(1))
                  .value()
                  .open_append(Position::kMiddle, sealed, out)
                  .has_value());

  const auto secret = [](unsigned enc) {
    return ResponseSecret{.kid = filled<Kid>(1),
                          .enc = filled<crypto::X25519PublicKey>(enc),
                          .secret = filled_secret(4)};
  };
  const auto cipher = [&](unsigned enc, unsigned nonce) {
    return response_cipher(secret(enc), filled<ResponseNonce>(nonce)).value();
  };
  Bytes frame;
  REQUIRE(cipher(5, 6).seal_append(Position::kMiddle, as_bytes("x"), frame).has_value());
  CHECK(cipher(5, 6).open_append(Position::kMiddle, frame, out).has_value());
  CHECK_FALSE(cipher(7, 6).open_append(Position::kMiddle, frame, out).has_value());
  CHECK_FALSE(cipher(5, 7).open_append(Position::kMiddle, frame, out).has_value());
}
