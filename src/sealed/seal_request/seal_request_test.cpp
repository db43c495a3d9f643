#include "sealed/seal_request/seal_request.h"

#include <doctest/doctest.h>

#include "support/sealed_vectors.h"

using namespace cocoon;
using namespace cocoon::sealed;
using namespace cocoon::sealed::test;

namespace {

RequestTerms terms_of(const Vector& request) {
  const Vector json(&request.at("terms"));
  return {.request_id = json.tagged<RequestId>("request_id"),
          .expires = UnixSeconds(static_cast<std::uint32_t>(json.number("expires"))),
          .max_output_tokens = static_cast<std::uint32_t>(json.number("max_output_tokens")),
          .max_price = NanoTon::from_nano(json.number("max_price_nano")).value(),
          .model_hash = json.tagged<ModelHash>("model_hash")};
}

Candidate candidate_of(unsigned index) {
  return {
      .kid = filled<Kid>(0x10 + index),
      .public_key = crypto::X25519KeyPair::from_private(filled_secret(0x30 + index)).public_key(),
      .terms_hash = filled<TermsHash>(0x20 + index)};
}

RequestEntropy entropy_for(std::size_t count) {
  RequestEntropy entropy{.cek = filled_secret(0x60), .ephemeral_keys = {}};
  for (unsigned i = 0; i < count; ++i) entropy.ephemeral_keys.push_back(filled_secret(0x40 + i));
  return entropy;
}

Result<SealedRequest> seal_for(const std::vector<Candidate>& candidates, std::size_t ephemerals,
                               std::string path = "/v1/models") {
  RequestPlaintext plaintext;
  plaintext.method = "GET";
  plaintext.path = std::move(path);
  return seal_request({}, plaintext, candidates, entropy_for(ephemerals));
}

void check_bad_argument(const Result<SealedRequest>& sealed) {
  REQUIRE_FALSE(sealed.has_value());
  CHECK(sealed.error().is(SealedError::kBadArgument));
}

}  // namespace

TEST_CASE("sealing the vectors' requests gives the vectors' envelopes and response secrets") {
  const codec::Json json = load_vectors("tests/data/formats/request.json");
  const auto vectors = Vector::list_of(json);
  CHECK_EQ(vectors.size(), 3);
  for (const Vector& vector : vectors) {
    std::vector<Candidate> candidates;
    RequestEntropy entropy{.cek = vector.secret("cek"), .ephemeral_keys = {}};
    for (const Vector& candidate : vector.list("candidates")) {
      const auto key = crypto::X25519KeyPair::from_private(candidate.secret("private_key"));
      candidates.push_back({.kid = candidate.tagged<Kid>("kid"),
                            .public_key = key.public_key(),
                            .terms_hash = candidate.tagged<TermsHash>("terms_hash")});
      entropy.ephemeral_keys.push_back(candidate.secret("ephemeral_key"));
    }
    const auto sealed =
        seal_request(terms_of(vector), plaintext_of(vector), candidates, std::move(entropy));
    REQUIRE(sealed.has_value());
    CHECK_EQ(to_hex(sealed->envelope), vector.text("envelope"));
    const auto expected = vector.list("candidates");
    REQUIRE_EQ(sealed->secrets.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK_EQ(sealed->secrets[i].kid.hex(), expected[i].text("kid"));
      CHECK_EQ(sealed->secrets[i].enc.hex(), expected[i].text("enc"));
      CHECK_EQ(to_hex(sealed->secrets[i].secret.expose()), expected[i].text("response_secret"));
    }
  }
}

TEST_CASE("candidates keep their order and each has a secret of its own") {
  const auto sealed = seal_for({candidate_of(2), candidate_of(0), candidate_of(1)}, 3);
  REQUIRE(sealed.has_value());
  const auto parsed = parse_envelope_head(sealed->envelope, EnvelopeKind::kRelay);
  REQUIRE(parsed.has_value());
  const unsigned order[] = {2, 0, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(parsed->head.recipients[i].kid == candidate_of(order[i]).kid);
    CHECK(sealed->secrets[i].kid == candidate_of(order[i]).kid);
  }
  CHECK_FALSE(sealed->secrets[0].secret == sealed->secrets[1].secret);
  CHECK_FALSE(sealed->secrets[1].secret == sealed->secrets[2].secret);
}

TEST_CASE("envelopes of one bucket have one size, whatever their text") {
  const auto size = [](const std::string& path) {
    return seal_for({candidate_of(0)}, 1, path).value().envelope.size();
  };
  CHECK_EQ(size("/a"), size("/" + std::string(800, 'a')));
  CHECK_EQ(size("/a"), 104 + 147 + 1024 + kChunkOverhead);
  CHECK_EQ(size("/" + std::string(1100, 'a')), 104 + 147 + 2048 + kChunkOverhead);
}

TEST_CASE("a request that cannot be sealed is refused") {
  check_bad_argument(seal_for({}, 0));
  check_bad_argument(seal_for({candidate_of(0)}, 0));
  check_bad_argument(seal_for({candidate_of(0)}, 2));
  check_bad_argument(seal_for({candidate_of(0), candidate_of(1), candidate_of(0)}, 3));
  check_bad_argument(seal_for({candidate_of(0)}, 1, "no slash"));
  std::vector<Candidate> many;
  for (unsigned i = 0; i <= kCandidatesMax; ++i) many.push_back(candidate_of(i));
  check_bad_argument(seal_for(many, many.size()));
  many.pop_back();
  CHECK(seal_for(many, many.size()).has_value());
  Candidate weak = candidate_of(1);
  weak.public_key = crypto::X25519PublicKey{};
  check_bad_argument(seal_for({candidate_of(0), weak}, 2));
}
