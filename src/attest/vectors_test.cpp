// The envelopes of evidence and the record of a verdict against the bytes of a second encoder
// (tests/oracles/formats/evidence.py).

#include "tests/support/vectors.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "attest/amd/evidence.h"
#include "attest/nvidia/evidence.h"
#include "attest/nvidia/verify.h"
#include "attest/reason.h"
#include "attest/statement.h"
#include "attest/verdict.h"

using namespace cocoon;
using namespace cocoon::attest;
using codec::Json;

namespace {

const std::string kFolder = "tests/data/formats/";

std::vector<Bytes> certificates_of(const Json& item) {
  std::vector<Bytes> out;
  for (const Json& certificate : testing::items(item, "certificates")) {
    out.push_back(from_hex(*certificate.as_string()).value());
  }
  return out;
}

template <std::size_t N>
ByteArray<N> array_of(const Json& item, std::string_view key) {
  const Bytes bytes = testing::hex(item, key);
  REQUIRE(bytes.size() == N);
  ByteArray<N> out{};
  std::ranges::copy(bytes, out.begin());
  return out;
}

std::vector<std::string> texts_of(const Json& item, std::string_view key) {
  std::vector<std::string> out;
  for (const Json& text : testing::items(item, key)) out.push_back(*text.as_string());
  return out;
}

// The error that reason_text() gives this text of.
Error reason_of(const std::string& text) {
  const std::size_t colon = text.find(": ");
  for (std::uint16_t code = 1; code < 64; ++code) {
    const Error error(static_cast<AttestError>(code), text.substr(colon + 2));
    if (reason_code(error) == text.substr(0, colon)) return error;
  }
  FAIL("no reason is called ", text);
  return Error(AttestError::kMalformed, "");
}

}  // namespace

TEST_CASE("GPU evidence is the vectors' bytes both ways") {
  const Json vectors = testing::read_json(kFolder + "gpu-evidence.json");
  REQUIRE(testing::items(vectors, "cases").size() == 2);
  for (const Json& item : testing::items(vectors, "cases")) {
    nvidia::WorkerGpus worker;
    for (const Json& gpu : testing::items(item, "gpus")) {
      worker.gpus.push_back(
          {.report = testing::hex(gpu, "report"), .certificates_der = certificates_of(gpu)});
    }
    worker.golden.json = testing::hex(item, "golden");
    worker.golden.signature =
        crypto::Ed25519Signature::from(testing::hex(item, "signature")).value();
    const Bytes encoded = testing::hex(item, "cbor");
    CHECK(worker.encode() == encoded);
    CHECK(nvidia::looks_like_gpu_evidence(encoded));
    CHECK(nvidia::WorkerGpus::decode(encoded).value().encode() == encoded);
  }
  const Json& nonce = testing::member(vectors, "nonce");
  CHECK(
      nvidia::gpu_nonce(crypto::Ed25519PublicKey::from(testing::hex(nonce, "identity_key")).value(),
                        BlockHash::from(testing::hex(nonce, "block_root_hash")).value()) ==
      array_of<32>(nonce, "nonce"));
}

TEST_CASE("SEV-SNP evidence is the vectors' bytes both ways") {
  const Json vectors = testing::read_json(kFolder + "snp-evidence.json");
  REQUIRE(testing::items(vectors, "cases").size() == 2);
  for (const Json& item : testing::items(vectors, "cases")) {
    const amd::SnpEvidence evidence{.report = testing::hex(item, "report"),
                                    .certificates_der = certificates_of(item)};
    const Bytes encoded = testing::hex(item, "cbor");
    CHECK(evidence.encode() == encoded);
    CHECK(amd::looks_like_snp_evidence(encoded));
    CHECK(amd::SnpEvidence::decode(encoded).value().encode() == encoded);
  }
}

TEST_CASE("a verdict's record is the vectors' bytes") {
  const Json vectors = testing::read_json(kFolder + "verdict.json");
  REQUIRE(testing::items(vectors, "cases").size() == 3);
  for (const Json& item : testing::items(vectors, "cases")) {
    Verdict verdict;
    verdict.outcome = static_cast<Verdict::Outcome>(testing::number(item, "outcome"));
    verdict.tcb_status = testing::text(item, "tcb_status");
    for (const std::string& text : texts_of(item, "reasons")) {
      verdict.reasons.push_back(reason_of(text));
    }
    verdict.advisories = texts_of(item, "advisories");
    verdict.quote_digest = array_of<32>(item, "quote_digest");
    verdict.collateral_digest = array_of<32>(item, "collateral_digest");
    verdict.at = UnixSeconds(static_cast<std::uint32_t>(testing::number(item, "at")));
    const Bytes policy = testing::hex(item, "policy");
    if (!policy.empty()) verdict.policy = PolicyHash::from(policy).value();
    CHECK(to_hex(verdict.encode()) == testing::text(item, "cbor"));
  }
}
