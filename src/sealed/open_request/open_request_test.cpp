#include "sealed/open_request/open_request.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "hpke/hpke.h"
#include "sealed/seal_request/seal_request.h"
#include "support/sealed_vectors.h"

using namespace cocoon;
using namespace cocoon::sealed;
using namespace cocoon::sealed::test;

namespace {

crypto::X25519KeyPair key_of(unsigned index) {
  return crypto::X25519KeyPair::from_private(filled_secret(0x30 + index));
}

Candidate candidate_of(unsigned index) {
  return {.kid = filled<Kid>(0x10 + index),
          .public_key = key_of(index).public_key(),
          .terms_hash = filled<TermsHash>(0x20 + index)};
}

RequestPlaintext example_plaintext(std::size_t body_size = 20) {
  RequestPlaintext plaintext;
  plaintext.method = "POST";
  plaintext.path = "/v1/chat/completions";
  plaintext.body = SecretBytes(Bytes(body_size, std::byte{'b'}));
  return plaintext;
}

// A relay envelope for candidates 0 … count − 1.
SealedRequest seal_example(unsigned count = 2, std::size_t body_size = 20, unsigned cek = 0x60) {
  std::vector<Candidate> candidates;
  RequestEntropy entropy{.cek = filled_secret(cek), .ephemeral_keys = {}};
  for (unsigned i = 0; i < count; ++i) {
    candidates.push_back(candidate_of(i));
    entropy.ephemeral_keys.push_back(filled_secret(cek + 1 + i));
  }
  RequestTerms terms;
  terms.expires = UnixSeconds(1000);
  return seal_request(terms, example_plaintext(body_size), candidates, std::move(entropy)).value();
}

// All that worker `index` does with the bytes of an infer envelope.
Result<OpenedRequest> open_bytes(BytesView infer, unsigned index) {
  TRY(const ParsedEnvelopeHead parsed, parse_envelope_head(infer, EnvelopeKind::kInfer));
  return open_request(parsed.head, infer.subspan(parsed.bytes_consumed), candidate_of(index).kid,
                      key_of(index));
}

bool is_refused_as(const Result<OpenedRequest>& opened, SealedError code) {
  return !opened.has_value() && opened.error().is(code);
}

// An envelope sealed by hand for worker 0, to be wrong in one place.
struct HandMade {
  RequestHeader header;
  unsigned cek = 0x60;
  std::vector<std::pair<Position, Bytes>> chunks;

  HandMade() { header.cek_commitment = commit_to(filled_secret(cek)); }
  [[nodiscard]] Result<OpenedRequest> open() const {
    const HeaderHash hash = header_hash(header);
    const Candidate me = candidate_of(0);
    auto setup = hpke::setup_sender(hpke::AeadId::kAes256Gcm, me.public_key,
                                    wrap_info(hash, me.kid, me.terms_hash),
                                    crypto::X25519KeyPair::from_private(filled_secret(0x40)));
    const Bytes wrapped = setup->context.seal({}, filled_secret(cek).expose()).value();
    const Recipient recipient{.kid = me.kid,
                              .terms_hash = me.terms_hash,
                              .mode = WrapMode::kHpke,
                              .data = concat({setup->enc.view(), wrapped})};
    Bytes envelope = encode_infer_head(header, recipient);
    // One cipher for each chunk would restart the counter; a closed one would refuse what comes
    // after a "last" chunk.
    std::uint64_t done = 0;
    for (const auto& [position, plaintext] : chunks) {
      SequenceCipher cipher = request_cipher(hash, filled_secret(cek)).value();
      Bytes ignored;
      for (std::uint64_t i = 0; i < done; ++i) {
        REQUIRE(cipher.seal_append(Position::kMiddle, {}, ignored).has_value());
      }
      Bytes ct;
      REQUIRE(cipher.seal_append(position, plaintext, ct).has_value());
      for (unsigned left = 4; left-- > 0;) {
        envelope.push_back(static_cast<std::byte>((ct.size() >> (8 * left)) & 0xff));
      }
      append(envelope, ct);
      ++done;
    }
    return open_bytes(envelope, 0);
  }
};

Bytes padded_example(std::size_t body_size) {
  return to_bytes(encode_padded(example_plaintext(body_size)).value().expose());
}

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t to) {
  return to_bytes(BytesView(bytes).subspan(from, to - from));
}

}  // namespace

TEST_CASE("opening the vectors' envelopes gives the vectors' requests and response secrets") {
  const codec::Json json = load_vectors("tests/data/formats/request.json");
  std::size_t opened_count = 0;
  for (const Vector& vector : Vector::list_of(json)) {
    const auto candidates = vector.list("candidates");
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const Bytes infer = infer_envelope(vector.bytes("envelope"), i);
      const auto parsed = parse_envelope_head(infer, EnvelopeKind::kInfer);
      REQUIRE(parsed.has_value());
      const auto opened =
          open_request(parsed->head, BytesView(infer).subspan(parsed->bytes_consumed),
                       candidates[i].tagged<Kid>("kid"),
                       crypto::X25519KeyPair::from_private(candidates[i].secret("private_key")));
      REQUIRE(opened.has_value());
      check_same(opened->plaintext, plaintext_of(vector));
      CHECK_EQ(opened->response_secret.enc.hex(), candidates[i].text("enc"));
      CHECK_EQ(to_hex(opened->response_secret.secret.expose()),
               candidates[i].text("response_secret"));
      ++opened_count;
    }
  }
  CHECK_EQ(opened_count, 5);
}

TEST_CASE("every candidate opens the same request and shares a secret with the client alone") {
  const SealedRequest sealed = seal_example(3);
  for (unsigned i = 0; i < 3; ++i) {
    const auto opened = open_bytes(infer_envelope(sealed.envelope, i), i);
    REQUIRE(opened.has_value());
    check_same(opened->plaintext, example_plaintext());
    for (unsigned j = 0; j < 3; ++j) {
      CHECK_EQ(opened->response_secret.secret == sealed.secrets[j].secret, i == j);
    }
  }
}

TEST_CASE("a body of many chunks comes through whole") {
  for (const std::size_t size : {15'000UL, 16'384UL, 100'000UL, 1'000'000UL}) {
    CAPTURE(size);
    const SealedRequest sealed = seal_example(1, size);
    const auto opened = open_bytes(infer_envelope(sealed.envelope, 0), 0);
    REQUIRE(opened.has_value());
    CHECK_EQ(opened->plaintext.body.size(), size);
  }
}

TEST_CASE("every flipped bit of an envelope is refused") {
  const Bytes infer = infer_envelope(seal_example().envelope, 0);
  REQUIRE(open_bytes(infer, 0).has_value());
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < infer.size() * 8; ++bit) {
    Bytes changed = infer;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    if (open_bytes(changed, 0).has_value()) ++accepted;
  }
  CHECK_EQ(accepted, 0);
}

TEST_CASE("an envelope cut short or made longer is refused at every length") {
  for (const std::size_t body_size : {20UL, 40'000UL}) {
    Bytes infer = infer_envelope(seal_example(1, body_size).envelope, 0);
    const std::size_t step = body_size > 1000 ? 997 : 1;
    for (std::size_t length = 0; length < infer.size(); length += step) {
      CAPTURE(length);
      CHECK_FALSE(open_bytes(BytesView(infer).first(length), 0).has_value());
    }
    for (const std::size_t chunk : {1UL, 2UL, 3UL}) {
      const std::size_t boundary = 251 + chunk * (kChunkMax + kChunkOverhead);
      if (boundary >= infer.size()) break;
      CHECK(
          is_refused_as(open_bytes(BytesView(infer).first(boundary), 0), SealedError::kOpenFailed));
    }
    infer.push_back(std::byte{0});
    CHECK_FALSE(open_bytes(infer, 0).has_value());
  }
}

TEST_CASE("wraps and bodies swapped between recipients and envelopes are refused") {
  const SealedRequest sealed = seal_example();
  const SealedRequest other = seal_example(2, 20, 0x70);
  EnvelopeHead head = parse_envelope_head(sealed.envelope, EnvelopeKind::kRelay)->head;
  const auto parsed_other = parse_envelope_head(other.envelope, EnvelopeKind::kRelay);
  const BytesView body = BytesView(sealed.envelope).subspan(104 + 2 * 147);
  const BytesView other_body = BytesView(other.envelope).subspan(104 + 2 * 147);
  const auto open_with = [&](const Recipient& recipient, BytesView with_body) {
    return open_bytes(concat({encode_infer_head(head.header, recipient), with_body}), 0);
  };
  CHECK(open_with(head.recipients[0], body).has_value());
  CHECK(is_refused_as(open_with(head.recipients[1], body), SealedError::kWrongRecipient));
  Recipient swapped = head.recipients[0];
  swapped.data = head.recipients[1].data;
  CHECK(is_refused_as(open_with(swapped, body), SealedError::kOpenFailed));
  swapped = head.recipients[1];
  swapped.kid = head.recipients[0].kid;
  CHECK(is_refused_as(open_with(swapped, body), SealedError::kOpenFailed));
  CHECK(is_refused_as(open_with(parsed_other->head.recipients[0], body), SealedError::kOpenFailed));
  CHECK(is_refused_as(open_with(head.recipients[0], other_body), SealedError::kOpenFailed));
}

TEST_CASE("a worker opens only with its own key and only its own wrap") {
  const Bytes infer = infer_envelope(seal_example().envelope, 0);
  const auto parsed = parse_envelope_head(infer, EnvelopeKind::kInfer);
  const BytesView body = BytesView(infer).subspan(parsed->bytes_consumed);
  CHECK(is_refused_as(open_request(parsed->head, body, candidate_of(0).kid, key_of(1)),
                      SealedError::kOpenFailed));
  CHECK(is_refused_as(open_request(parsed->head, body, candidate_of(1).kid, key_of(0)),
                      SealedError::kWrongRecipient));
  EnvelopeHead none = parsed->head;
  none.recipients.clear();
  CHECK(is_refused_as(open_request(none, body, candidate_of(0).kid, key_of(0)),
                      SealedError::kWrongRecipient));
}

TEST_CASE("chunks reordered, repeated or of another envelope are refused") {
  const Bytes infer = infer_envelope(seal_example(1, 40'000).envelope, 0);
  const std::size_t size = kChunkMax + kChunkOverhead;
  REQUIRE_EQ(infer.size(), 251 + 4 * size);
  const auto build = [&](std::initializer_list<std::size_t> order) {
    Bytes out = slice(infer, 0, 251);
    for (const std::size_t i : order)
      append(out, slice(infer, 251 + i * size, 251 + (i + 1) * size));
    return open_bytes(out, 0);
  };
  CHECK(build({0, 1, 2, 3}).has_value());
  CHECK(is_refused_as(build({1, 0, 2, 3}), SealedError::kOpenFailed));
  CHECK(is_refused_as(build({0, 0, 1, 2, 3}), SealedError::kOpenFailed));
  CHECK(is_refused_as(build({0, 1, 3}), SealedError::kOpenFailed));
  CHECK(is_refused_as(build({0, 1, 2}), SealedError::kOpenFailed));
  CHECK(is_refused_as(build({0, 1, 2, 3, 3}), SealedError::kOpenFailed));
  CHECK(is_refused_as(build({}), SealedError::kMalformed));
}

TEST_CASE("a commitment to another content key is refused") {
  HandMade good;
  good.chunks = {{Position::kLast, padded_example(20)}};
  CHECK(good.open().has_value());
  HandMade bad = good;
  bad.header.cek_commitment = commit_to(filled_secret(0x61));
  CHECK(is_refused_as(bad.open(), SealedError::kOpenFailed));
}

TEST_CASE("the last chunk, and only the last, says that it is the last") {
  const Bytes padded = padded_example(20'000);
  const Bytes first = slice(padded, 0, kChunkMax);
  const Bytes second = slice(padded, kChunkMax, padded.size());
  HandMade made;
  made.chunks = {{Position::kMiddle, first}, {Position::kLast, second}};
  CHECK(made.open().has_value());
  made.chunks = {{Position::kMiddle, first}, {Position::kMiddle, second}};
  CHECK(is_refused_as(made.open(), SealedError::kOpenFailed));
  made.chunks = {{Position::kLast, first}, {Position::kLast, second}};
  CHECK(is_refused_as(made.open(), SealedError::kOpenFailed));
}

TEST_CASE("chunks other than the last must be full and none is empty or oversized") {
  const Bytes padded = padded_example(20);
  HandMade made;
  made.chunks = {{Position::kMiddle, slice(padded, 0, 512)},
                 {Position::kLast, slice(padded, 512, 1024)}};
  CHECK(is_refused_as(made.open(), SealedError::kMalformed));
  made.chunks = {{Position::kLast, {}}};
  CHECK(is_refused_as(made.open(), SealedError::kMalformed));
  made.chunks = {{Position::kLast, padded_example(20'000)}};
  CHECK(is_refused_as(made.open(), SealedError::kMalformed));
}

TEST_CASE("a plaintext that is not padded as it should be is refused after it authenticated") {
  HandMade made;
  Bytes padded = padded_example(20);
  padded.back() = std::byte{1};
  made.chunks = {{Position::kLast, padded}};
  CHECK(is_refused_as(made.open(), SealedError::kMalformed));
  padded = padded_example(20);
  padded.resize(2048);
  made.chunks = {{Position::kLast, padded}};
  CHECK(is_refused_as(made.open(), SealedError::kMalformed));
  padded.resize(1000);
  made.chunks = {{Position::kLast, padded}};
  CHECK(is_refused_as(made.open(), SealedError::kMalformed));
}

TEST_CASE("a body above the limit is refused before anything is opened") {
  const Bytes infer = infer_envelope(seal_example().envelope, 0);
  const auto parsed = parse_envelope_head(infer, EnvelopeKind::kInfer);
  CHECK(is_refused_as(
      open_request(parsed->head, Bytes(kBodyBytesMax + 1), candidate_of(0).kid, key_of(0)),
      SealedError::kTooLarge));
}

TEST_CASE("a request is served before it expires and not if it asks for too long") {
  RequestHeader header;
  header.expires = UnixSeconds(10'000);
  const auto at = [&](std::uint32_t now) { return check_expiry(header, UnixSeconds(now)); };
  CHECK(at(9'999).has_value());
  CHECK(at(9'700).has_value());
  CHECK(at(9'699).error().is(SealedError::kExpired));
  CHECK(at(10'000).error().is(SealedError::kExpired));
  CHECK(at(10'001).error().is(SealedError::kExpired));
  header.expires = UnixSeconds(0xffff'ffff);
  CHECK(at(0xffff'fffe).has_value());
  CHECK(at(0xffff'ffff).error().is(SealedError::kExpired));
  CHECK(at(0).error().is(SealedError::kExpired));
}
