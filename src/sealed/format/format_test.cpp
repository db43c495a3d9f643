#include <doctest/doctest.h>

#include <algorithm>

#include "sealed/format/envelope.h"
#include "sealed/format/stream.h"

using namespace cocoon;
using namespace cocoon::sealed;

namespace {

template <class Tagged>
Tagged filled(unsigned value) {
  ByteArray<Tagged::kSize> bytes;
  bytes.fill(static_cast<std::byte>(value));
  return Tagged(bytes);
}

EnvelopeHead example_head(std::uint8_t count) {
  EnvelopeHead head;
  head.header.candidate_count = count;
  head.header.request_id = filled<RequestId>(0x11);
  head.header.expires = UnixSeconds(1'800'000'000);
  head.header.max_output_tokens = 256;
  head.header.max_price = NanoTon::from_nano(7).value();
  head.header.model_hash = filled<ModelHash>(0x22);
  head.header.cek_commitment = filled<CekCommitment>(0x33);
  for (unsigned i = 0; i < count; ++i) {
    head.recipients.push_back(Recipient{.kid = filled<Kid>(0x40 + i),
                                        .terms_hash = filled<TermsHash>(0x50 + i),
                                        .mode = WrapMode::kHpke,
                                        .data = Bytes(kHpkeWrapSize, std::byte{0x60})});
  }
  return head;
}

SealedError refusal(Bytes bytes, std::size_t at, unsigned value, EnvelopeKind kind) {
  bytes.at(at) = static_cast<std::byte>(value);
  const auto parsed = parse_envelope_head(bytes, kind);
  REQUIRE_FALSE(parsed.has_value());
  REQUIRE_EQ(parsed.error().library(), Library::kSealed);
  return static_cast<SealedError>(parsed.error().code());
}

}  // namespace

TEST_CASE("an envelope head round-trips and says where the body starts") {
  for (const std::uint8_t count : std::array<std::uint8_t, 3>{1, 3, 8}) {
    const EnvelopeHead head = example_head(count);
    Bytes bytes = encode_relay_head(head);
    const std::size_t size = bytes.size();
    append(bytes, as_bytes("the body"));
    const auto parsed = parse_envelope_head(bytes, EnvelopeKind::kRelay);
    REQUIRE(parsed.has_value());
    CHECK(parsed->head == head);
    CHECK_EQ(parsed->bytes_consumed, size);
  }
}

TEST_CASE("the header lies at the offsets of docs/formats/request.md") {
  const Bytes bytes = encode_relay_head(example_head(2));
  CHECK_EQ(bytes.size(), 104 + 2 * 147);
  CHECK_EQ(to_hex(BytesView(bytes).first(40)),
           "43434e31"
           "01"
           "00"
           "02"
           "00"
           "11111111111111111111111111111111"
           "6b49d200"
           "00000100"
           "0000000000000007");
  CHECK_EQ(to_hex(BytesView(bytes).subspan(40, 2)), "2222");
  CHECK_EQ(to_hex(BytesView(bytes).subspan(72, 2)), "3333");
  CHECK_EQ(to_hex(BytesView(bytes).subspan(104 + 64, 4)), "00005060");
}

TEST_CASE("a head that is cut short asks for more at every length") {
  const Bytes bytes = encode_relay_head(example_head(3));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    const auto parsed = parse_envelope_head(BytesView(bytes).first(length), EnvelopeKind::kRelay);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().is(SealedError::kTruncated));
  }
}

TEST_CASE("the head a worker gets keeps the header and carries one recipient") {
  const EnvelopeHead head = example_head(3);
  const Bytes bytes = encode_infer_head(head.header, head.recipients[1]);
  CHECK_EQ(bytes.size(), 104 + 147);
  const auto parsed = parse_envelope_head(bytes, EnvelopeKind::kInfer);
  REQUIRE(parsed.has_value());
  CHECK(parsed->head.header == head.header);
  CHECK_EQ(parsed->head.header.candidate_count, 3);
  REQUIRE_EQ(parsed->head.recipients.size(), 1);
  CHECK(parsed->head.recipients[0] == head.recipients[1]);
}

TEST_CASE("versions, suites, shapings and modes that are not served are refused as such") {
  const Bytes bytes = encode_relay_head(example_head(1));
  for (const EnvelopeKind kind : {EnvelopeKind::kRelay, EnvelopeKind::kInfer}) {
    CHECK_EQ(refusal(bytes, 3, '2', kind), SealedError::kUnsupported);
    for (const unsigned suite : {0U, 2U, 3U, 255U}) {
      CHECK_EQ(refusal(bytes, 4, suite, kind), SealedError::kUnsupported);
    }
    for (const unsigned flags : {1U, 2U, 3U, 4U, 0x80U}) {
      CHECK_EQ(refusal(bytes, 5, flags, kind), SealedError::kUnsupported);
    }
    for (const unsigned mode : {1U, 2U, 255U}) {
      CHECK_EQ(refusal(bytes, 168, mode, kind), SealedError::kUnsupported);
    }
  }
}

TEST_CASE("counts, reserved bytes, prices and lengths outside the format are malformed") {
  const Bytes bytes = encode_relay_head(example_head(1));
  const EnvelopeKind kind = EnvelopeKind::kInfer;
  CHECK_EQ(refusal(bytes, 6, 0, kind), SealedError::kMalformed);
  CHECK_EQ(refusal(bytes, 6, kCandidatesMax + 1, kind), SealedError::kMalformed);
  CHECK_EQ(refusal(bytes, 7, 1, kind), SealedError::kMalformed);
  CHECK_EQ(refusal(bytes, 32, 0x80, kind), SealedError::kMalformed);
  CHECK_EQ(refusal(bytes, 170, 79, kind), SealedError::kMalformed);
  CHECK_EQ(refusal(bytes, 169, 1, kind), SealedError::kMalformed);
}

TEST_CASE("the same recipient twice is refused") {
  EnvelopeHead head = example_head(2);
  head.recipients[1].kid = head.recipients[0].kid;
  const auto parsed = parse_envelope_head(encode_relay_head(head), EnvelopeKind::kRelay);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().is(SealedError::kMalformed));
}

TEST_CASE("a header alone takes exactly its bytes") {
  const RequestHeader header = example_head(1).header;
  Bytes bytes = to_bytes(header.encode());
  CHECK(RequestHeader::decode(bytes).value() == header);
  CHECK(RequestHeader::decode(BytesView(bytes).first(103)).error().is(SealedError::kTruncated));
  bytes.push_back(std::byte{0});
  CHECK(RequestHeader::decode(bytes).error().is(SealedError::kMalformed));
}

TEST_CASE("a response header round-trips and refuses other versions and short input") {
  const ResponseHeader header{.kid = filled<Kid>(1), .nonce = filled<ResponseNonce>(2)};
  Bytes bytes = to_bytes(header.encode());
  CHECK_EQ(to_hex(BytesView(bytes).first(5)), "4343523101");
  CHECK(ResponseHeader::decode(bytes).value() == header);
  CHECK(ResponseHeader::decode(BytesView(bytes).first(67)).error().is(SealedError::kTruncated));
  bytes[3] = std::byte{'2'};
  CHECK(ResponseHeader::decode(bytes).error().is(SealedError::kUnsupported));
}
