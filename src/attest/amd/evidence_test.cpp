#include "attest/amd/evidence.h"

#include <doctest/doctest.h>

#include "tdxsim/fixture.h"
#include "tdxsim/snp_platform.h"

namespace cocoon::attest::amd {
namespace {

using tdxsim::kArkGuid;
using tdxsim::kAskGuid;
using tdxsim::kFixtureNow;
using tdxsim::kVcekGuid;
using tdxsim::SnpPlatform;

const SnpPlatform& platform() {
  static const SnpPlatform made =
      SnpPlatform::create(tdxsim::seeded_bytes("evidence"), kFixtureNow).value();
  return made;
}

SnpEvidence evidence() {
  SnpEvidence out;
  out.report = platform().report({}, tdxsim::default_snp_measurement()).value();
  for (const auto& certificate : platform().chain()) {
    out.certificates_der.push_back(certificate.der());
  }
  return out;
}

template <class T>
void check_refused(const Result<T>& result, AmdError code) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message());
  CHECK(result.error().is(code));
}

TEST_CASE("verifies evidence in one piece, under the roots it is given") {
  const Bytes encoded = evidence().encode();
  CHECK(looks_like_snp_evidence(encoded));
  CHECK_FALSE(looks_like_snp_evidence(from_hex("0400").value()));
  const std::vector<crypto::Sha256Digest> roots(1, platform().root_fingerprint());
  EndorsementCache cache(4);
  const auto verified = verify_snp_evidence(encoded, roots, kFixtureNow, cache);
  REQUIRE(verified.has_value());
  CHECK(verified->body().measurement == tdxsim::default_snp_measurement());
  check_refused(verify_snp_evidence(encoded, amd_roots(), kFixtureNow, cache),
                AmdError::kUntrustedRoot);
  SnpEvidence leaf_only = evidence();
  leaf_only.certificates_der.resize(1);
  check_refused(verify_snp_evidence(leaf_only.encode(), roots, kFixtureNow, cache),
                AmdError::kUntrustedRoot);
}

TEST_CASE("a remembered key is judged at each time and under each caller's roots") {
  const SnpEvidence whole = evidence();
  const std::vector<crypto::Sha256Digest> roots(1, platform().root_fingerprint());
  EndorsementCache cache(1);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(cache.verify(whole.certificates_der, roots, kFixtureNow).has_value());
    check_refused(cache.verify(whole.certificates_der, amd_roots(), kFixtureNow),
                  AmdError::kUntrustedRoot);
    check_refused(cache.verify(whole.certificates_der, roots, UnixSeconds(1)),
                  AmdError::kBadSignature);
  }
  std::vector<Bytes> changed = whole.certificates_der;
  changed[0].back() ^= std::byte{1};
  CHECK_FALSE(cache.verify(changed, roots, kFixtureNow).has_value());
  check_refused(cache.verify({}, roots, kFixtureNow), AmdError::kMalformed);
}

TEST_CASE("a simulated processor survives being saved, and hands out its own table") {
  const auto loaded = SnpPlatform::load(platform().save().expose());
  REQUIRE(loaded.has_value());
  CHECK(loaded->tcb() == platform().tcb());
  CHECK(loaded->root_fingerprint() == platform().root_fingerprint());
  CHECK(parse_certificate_table(loaded->certificate_table()).value() ==
        evidence().certificates_der);
  CHECK_FALSE(SnpPlatform::load(Bytes(3)).has_value());
}

TEST_CASE("refuses evidence outside its schema") {
  const Bytes good = evidence().encode();
  CHECK(SnpEvidence::decode(good).value().encode() == good);
  SnpEvidence bent = evidence();
  bent.certificates_der.clear();
  check_refused(SnpEvidence::decode(bent.encode()), AmdError::kMalformed);
  bent.certificates_der.resize(4);
  check_refused(SnpEvidence::decode(bent.encode()), AmdError::kMalformed);
  check_refused(SnpEvidence::decode(BytesView(good).first(good.size() - 1)), AmdError::kMalformed);
  check_refused(SnpEvidence::decode(Bytes(kSnpEvidenceBytesMax + 1)), AmdError::kMalformed);
  Bytes version = good;
  version[2] = std::byte{2};
  check_refused(SnpEvidence::decode(version), AmdError::kUnsupported);
}

constexpr const char* kRevocations = "92f81bc358114d3d97ffd19f88dc67ea";

TEST_CASE("reads a host's certificate table in any order, leaf first") {
  const auto read = parse_certificate_table(tdxsim::snp_certificate_table(
      {{kArkGuid, "root"}, {kRevocations, "list"}, {kVcekGuid, "leaf"}, {kAskGuid, "issuer"}}));
  REQUIRE(read.has_value());
  CHECK(*read == std::vector{to_bytes("leaf"), to_bytes("issuer"), to_bytes("root")});
  CHECK(parse_certificate_table(
            tdxsim::snp_certificate_table({{kVcekGuid, "leaf"}, {kArkGuid, "root"}}))
            ->size() == 1);
  CHECK(parse_certificate_table(tdxsim::snp_certificate_table({{kAskGuid, "issuer"}}))->empty());
  CHECK(parse_certificate_table(tdxsim::snp_certificate_table({}))->empty());
}

TEST_CASE("refuses certificate tables that lead outside themselves") {
  check_refused(parse_certificate_table(BytesView()), AmdError::kMalformed);
  check_refused(
      parse_certificate_table(tdxsim::snp_certificate_table({{kVcekGuid, "a"}, {kVcekGuid, "b"}})),
      AmdError::kMalformed);
  Bytes bent = tdxsim::snp_certificate_table({{kVcekGuid, "leaf"}});
  bent[16] = std::byte{0xff};
  check_refused(parse_certificate_table(bent), AmdError::kMalformed);
  bent = tdxsim::snp_certificate_table({{kVcekGuid, "leaf"}});
  bent[20] = std::byte{5};
  check_refused(parse_certificate_table(bent), AmdError::kMalformed);
  check_refused(parse_certificate_table(tdxsim::snp_certificate_table(
                    std::vector(40, tdxsim::SnpTableEntry{kRevocations, ""}))),
                AmdError::kMalformed);
}

}  // namespace
}  // namespace cocoon::attest::amd
