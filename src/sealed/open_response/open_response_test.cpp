#include "sealed/open_response/open_response.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/reader.h"
#include "sealed/seal_response/seal_response.h"
#include "support/sealed_vectors.h"

using namespace cocoon;
using namespace cocoon::sealed;
using namespace cocoon::sealed::test;

namespace {

ResponseSecret secret_of(unsigned index) {
  return {.kid = filled<Kid>(0x10 + index),
          .enc = filled<crypto::X25519PublicKey>(0x20 + index),
          .secret = filled_secret(0x30 + index)};
}

std::vector<ResponseSecret> two_secrets() {
  std::vector<ResponseSecret> secrets;
  secrets.push_back(secret_of(0));
  secrets.push_back(secret_of(1));
  return secrets;
}

struct Sealed {
  Bytes header;
  std::vector<Bytes> frames;  // head, two of data, receipt, end

  [[nodiscard]] Bytes stream(std::initializer_list<std::size_t> order = {0, 1, 2, 3, 4}) const {
    Bytes out = header;
    for (const std::size_t index : order) append(out, frames.at(index));
    return out;
  }
};

constexpr std::string_view kFirst = "data: one\n\n";
constexpr std::string_view kSecond = "data: [DONE]\n\n";

Sealed seal_example(unsigned worker = 1) {
  ResponseSealer sealer =
      ResponseSealer::create(secret_of(worker), filled<ResponseNonce>(0x40)).value();
  const ResponseHead head{.status = 200, .content_type = "text/event-stream"};
  Sealed sealed{.header = sealer.header(), .frames = {}};
  sealed.frames.push_back(sealer.frame(FrameKind::kHead, head.encode()).value());
  sealed.frames.push_back(sealer.frame(FrameKind::kData, as_bytes(kFirst)).value());
  sealed.frames.push_back(sealer.frame(FrameKind::kData, as_bytes(kSecond)).value());
  sealed.frames.push_back(sealer.frame(FrameKind::kReceipt, as_bytes("receipt")).value());
  sealed.frames.push_back(sealer.finish().value());
  return sealed;
}

// Feeds in pieces of `step` bytes; the frames if everything, finish() included, was accepted.
Result<std::vector<Frame>> open_all(BytesView stream, std::size_t step = 1'000'000) {
  ResponseOpener opener(two_secrets());
  std::vector<Frame> all;
  while (!stream.empty()) {
    const BytesView piece = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(piece.size());
    TRY(std::vector<Frame> frames, opener.feed(piece));
    std::ranges::move(frames, std::back_inserter(all));
  }
  TRY_VOID(opener.finish());
  return all;
}

// A frame sealed by hand, for plaintexts that the sealer would never write.
class HandSealer {
 public:
  HandSealer() : cipher_(response_cipher(secret_of(0), filled<ResponseNonce>(0x41)).value()) {
    stream_ = to_bytes(
        ResponseHeader{.kid = secret_of(0).kid, .nonce = filled<ResponseNonce>(0x41)}.encode());
  }
  HandSealer& add(Position position, std::string_view plaintext_hex) {
    Bytes ct;
    REQUIRE(cipher_.seal_append(position, from_hex(plaintext_hex).value(), ct).has_value());
    Writer length;
    length.u16(static_cast<std::uint16_t>(ct.size()));
    append(stream_, length.view());
    append(stream_, ct);
    return *this;
  }
  [[nodiscard]] const Bytes& stream() const { return stream_; }

 private:
  SequenceCipher cipher_;
  Bytes stream_;
};

SealedError refusal_of(const HandSealer& sealer) {
  const auto opened = open_all(sealer.stream());
  REQUIRE_FALSE(opened.has_value());
  REQUIRE_EQ(opened.error().library(), Library::kSealed);
  return static_cast<SealedError>(opened.error().code());
}

}  // namespace

TEST_CASE("opening the vectors' streams gives the vectors' frames") {
  const codec::Json json = load_vectors("tests/data/formats/response.json");
  std::size_t opened = 0;
  for (const Vector& vector : Vector::list_of(json)) {
    std::vector<ResponseSecret> secrets;
    secrets.push_back(response_secret_of(vector));
    ResponseOpener opener(std::move(secrets));
    const auto frames = opener.feed(vector.bytes("stream"));
    REQUIRE(frames.has_value());
    CHECK(opener.finish().has_value());
    std::size_t at = 0;
    for (const Vector& expected : vector.list("frames")) {
      const FrameKind kind = kind_of(expected.text("kind"));
      if (kind == FrameKind::kEnd || kind == FrameKind::kPad) continue;
      REQUIRE_LT(at, frames->size());
      CHECK_EQ((*frames)[at].kind, kind);
      CHECK_EQ(to_hex((*frames)[at].data.expose()), expected.text("data"));
      ++at;
    }
    CHECK_EQ(at, frames->size());
    ++opened;
  }
  CHECK_EQ(opened, 3);
}

TEST_CASE("frames come out the same however the bytes arrive") {
  const Bytes stream = seal_example().stream();
  for (const std::size_t step : {1UL, 2UL, 7UL, 68UL, 69UL, 1000UL}) {
    CAPTURE(step);
    const auto frames = open_all(stream, step);
    REQUIRE(frames.has_value());
    REQUIRE_EQ(frames->size(), 4);
    CHECK_EQ((*frames)[0].kind, FrameKind::kHead);
    CHECK_EQ(ResponseHead::decode((*frames)[0].data.expose()).value().status, 200);
    CHECK_EQ(as_text((*frames)[1].data.expose()), kFirst);
    CHECK_EQ(as_text((*frames)[2].data.expose()), kSecond);
    CHECK_EQ((*frames)[3].kind, FrameKind::kReceipt);
  }
}

TEST_CASE("a frame comes out as soon as its last byte is there") {
  const Sealed sealed = seal_example();
  ResponseOpener opener(two_secrets());
  CHECK_EQ(opener.answering(), nullptr);
  CHECK(opener.feed(sealed.header).value().empty());
  REQUIRE_NE(opener.answering(), nullptr);
  CHECK(opener.answering()->kid == secret_of(1).kid);
  const BytesView head = sealed.frames[0];
  CHECK(opener.feed(head.first(head.size() - 1)).value().empty());
  CHECK_EQ(opener.feed(head.last(1)).value().size(), 1);
  CHECK_FALSE(opener.at_end());
}

TEST_CASE("every stream that stops early is an error") {
  const Bytes stream = seal_example().stream();
  for (std::size_t length = 0; length < stream.size(); ++length) {
    CAPTURE(length);
    const auto opened = open_all(BytesView(stream).first(length));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().is(SealedError::kUnfinished));
  }
}

TEST_CASE("every flipped bit of a stream is refused and nothing false comes out") {
  const Bytes stream = seal_example().stream();
  const auto whole = open_all(stream);
  REQUIRE(whole.has_value());
  std::size_t accepted = 0;
  std::size_t false_frames = 0;
  for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
    Bytes changed = stream;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ResponseOpener opener(two_secrets());
    bool is_refused = false;
    std::size_t at = 0;
    for (BytesView rest = changed; !rest.empty() && !is_refused; rest = rest.subspan(1)) {
      const auto frames = opener.feed(rest.first(1));
      is_refused = !frames.has_value();
      for (std::size_t i = 0; !is_refused && i < frames->size(); ++i, ++at) {
        if (at >= whole->size() || !equal((*frames)[i].data.expose(), (*whole)[at].data.expose())) {
          ++false_frames;
        }
      }
    }
    if (opener.finish().has_value()) ++accepted;
  }
  CHECK_EQ(accepted, 0);
  CHECK_EQ(false_frames, 0);
}

TEST_CASE("frames reordered, dropped or duplicated are refused") {
  const Sealed sealed = seal_example();
  CHECK(open_all(sealed.stream()).has_value());
  const std::initializer_list<std::size_t> orders[] = {
      {0, 2, 1, 3, 4}, {1, 0, 2, 3, 4}, {0, 1, 3, 4},       {1, 2, 3, 4},      {0, 1, 2, 4}, {4},
      {0, 4},          {0, 0},          {0, 1, 1, 2, 3, 4}, {0, 1, 2, 3, 3, 4}};
  for (const auto& order : orders) {
    const auto opened = open_all(sealed.stream(order));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().is(SealedError::kOpenFailed));
  }
}

TEST_CASE("nothing is taken behind the end") {
  const Sealed sealed = seal_example();
  for (const std::size_t again : {0UL, 3UL, 4UL}) {
    CHECK_FALSE(open_all(sealed.stream({0, 1, 2, 3, 4, again})).has_value());
  }
  ResponseOpener opener(two_secrets());
  REQUIRE(opener.feed(sealed.stream()).has_value());
  CHECK(opener.finish().has_value());
  CHECK(opener.feed({}).has_value());
  CHECK(opener.feed(Bytes(1)).error().is(SealedError::kMalformed));
  CHECK(opener.finish().error().is(SealedError::kClosed));
  CHECK(opener.feed({}).error().is(SealedError::kClosed));
}

TEST_CASE("a failed stream stays failed") {
  const Sealed sealed = seal_example();
  Bytes bad = sealed.frames[0];
  bad.back() ^= std::byte{1};
  ResponseOpener opener(two_secrets());
  REQUIRE(opener.feed(sealed.header).has_value());
  CHECK(opener.feed(bad).error().is(SealedError::kOpenFailed));
  CHECK(opener.feed(sealed.frames[0]).error().is(SealedError::kClosed));
  CHECK(opener.finish().error().is(SealedError::kClosed));
}

TEST_CASE("a worker that was not asked is refused") {
  const auto opened = open_all(seal_example(2).stream());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().is(SealedError::kWrongRecipient));
}

TEST_CASE("one candidate can neither read nor forge another's answer") {
  // Candidate 0 knows its own secret and sees candidate 1's stream.
  const Sealed sealed = seal_example(1);
  ResponseSecret disguised = secret_of(0);
  disguised.kid = secret_of(1).kid;
  std::vector<ResponseSecret> secrets;
  secrets.push_back(disguised.clone());
  ResponseOpener curious(std::move(secrets));
  CHECK(curious.feed(sealed.stream()).error().is(SealedError::kOpenFailed));

  ResponseSealer forger = ResponseSealer::create(disguised, filled<ResponseNonce>(0x40)).value();
  Bytes forged = forger.header();
  append(forged, forger.frame(FrameKind::kData, as_bytes("forged")).value());
  CHECK(open_all(forged).error().is(SealedError::kOpenFailed));
}

TEST_CASE("frames that no sealer writes are refused although they authenticate") {
  const auto end = "070000";
  CHECK(open_all(HandSealer().add(Position::kMiddle, "02000178").add(Position::kLast, end).stream())
            .has_value());
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "0200017801")), SealedError::kMalformed);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "02000278")), SealedError::kMalformed);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, end)), SealedError::kMalformed);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kLast, "02000178")), SealedError::kMalformed);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kLast, "07000100")), SealedError::kMalformed);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "06000100")), SealedError::kMalformed);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "04000178")), SealedError::kUnsupported);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "000000")), SealedError::kUnsupported);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "080000")), SealedError::kUnsupported);
  CHECK_EQ(refusal_of(HandSealer().add(Position::kMiddle, "0200")), SealedError::kMalformed);
}

TEST_CASE("a large answer comes through whole") {
  ResponseSealer sealer = ResponseSealer::create(secret_of(0), filled<ResponseNonce>(0x42)).value();
  Bytes body(3 * kFrameDataMax + 5);
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::byte>(i % 251);
  Bytes stream = sealer.header();
  append(stream, sealer.frame(FrameKind::kData, body).value());
  append(stream, sealer.finish().value());
  const auto frames = open_all(stream, 4096);
  REQUIRE(frames.has_value());
  Bytes received;
  for (const Frame& frame : *frames) append(received, frame.data.expose());
  CHECK(equal(received, body));
}
