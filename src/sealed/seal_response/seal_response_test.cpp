#include "sealed/seal_response/seal_response.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/sealed_vectors.h"

using namespace cocoon;
using namespace cocoon::sealed;
using namespace cocoon::sealed::test;

namespace {

ResponseSealer example_sealer() {
  const ResponseSecret secret{
      .kid = filled<Kid>(1), .enc = filled<crypto::X25519PublicKey>(2), .secret = filled_secret(3)};
  return ResponseSealer::create(secret, filled<ResponseNonce>(4)).value();
}

}  // namespace

TEST_CASE("sealing the vectors' frames gives the vectors' streams") {
  const codec::Json json = load_vectors("tests/data/formats/response.json");
  std::size_t sealed = 0;
  for (const Vector& vector : Vector::list_of(json)) {
    const auto frames = vector.list("frames");
    // We pad nothing: vectors with zeros are for those who open.
    if (std::ranges::any_of(frames, [](const Vector& f) { return f.number("zeros") != 0; }))
      continue;
    auto sealer = ResponseSealer::create(response_secret_of(vector),
                                         vector.tagged<ResponseNonce>("resp_nonce"));
    REQUIRE(sealer.has_value());
    Bytes stream = sealer->header();
    for (const Vector& frame : frames) {
      const FrameKind kind = kind_of(frame.text("kind"));
      const auto bytes =
          kind == FrameKind::kEnd ? sealer->finish() : sealer->frame(kind, frame.bytes("data"));
      REQUIRE(bytes.has_value());
      append(stream, *bytes);
    }
    CHECK_EQ(to_hex(stream), vector.text("stream"));
    ++sealed;
  }
  CHECK_EQ(sealed, 2);
}

TEST_CASE("data above the limit becomes several frames and empty data none") {
  ResponseSealer sealer = example_sealer();
  const std::size_t overhead = 2 + kFramePlaintextOverhead + kFrameTagSize;
  CHECK_EQ(sealer.frame(FrameKind::kData, {}).value().size(), 0);
  CHECK_EQ(sealer.frame(FrameKind::kData, Bytes(kFrameDataMax)).value().size(),
           kFrameDataMax + overhead);
  CHECK_EQ(sealer.frame(FrameKind::kData, Bytes(2 * kFrameDataMax + 1)).value().size(),
           2 * kFrameDataMax + 1 + 3 * overhead);
}

TEST_CASE("kinds other than data must fit in one frame") {
  ResponseSealer sealer = example_sealer();
  for (const FrameKind kind : {FrameKind::kHead, FrameKind::kReceipt, FrameKind::kError}) {
    CHECK(sealer.frame(kind, Bytes(kFrameDataMax)).has_value());
    CHECK(sealer.frame(kind, Bytes(kFrameDataMax + 1)).error().is(SealedError::kTooLarge));
  }
}

TEST_CASE("tickets, explicit ends and pads with data are refused") {
  ResponseSealer sealer = example_sealer();
  CHECK(sealer.frame(FrameKind::kTicket, {}).error().is(SealedError::kUnsupported));
  CHECK(sealer.frame(FrameKind::kEnd, {}).error().is(SealedError::kBadArgument));
  CHECK(sealer.frame(FrameKind::kPad, Bytes(1)).error().is(SealedError::kBadArgument));
  CHECK(sealer.frame(FrameKind::kPad, {}).has_value());
}

TEST_CASE("nothing is sealed after the end") {
  ResponseSealer sealer = example_sealer();
  REQUIRE(sealer.finish().has_value());
  CHECK(sealer.finish().error().is(SealedError::kClosed));
  CHECK(sealer.frame(FrameKind::kData, Bytes(1)).error().is(SealedError::kClosed));
  CHECK(sealer.frame(FrameKind::kData, {}).error().is(SealedError::kClosed));
}
