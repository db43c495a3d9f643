#include "attest/verify.h"

#include <doctest/doctest.h>

#include "attest/checks.h"
#include "attest/intel/recorded_test.h"

using namespace cocoon;
using namespace cocoon::attest;
using tdxsim::QuoteOptions;
using tdxsim::WorkerFixture;

namespace {

Result<VerifiedWorker> judge(const WorkerFixture& f, const QuoteOptions& options = {}) {
  return verify_evidence(f.bundle(options), f.collateral, f.policy, f.block, f.now);
}

AttestError refused_for(const Result<VerifiedWorker>& result) {
  REQUIRE_FALSE(result.has_value());
  REQUIRE_EQ(result.error().library(), Library::kAttest);
  return static_cast<AttestError>(result.error().code());
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  REQUIRE_NE(at, std::string::npos);
  text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a worker whose evidence is in order is accepted") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  for (const std::uint16_t version : {std::uint16_t{4}, std::uint16_t{5}}) {
    CAPTURE(version);
    const auto worker = judge(f, {.version = version});
    if (!worker.has_value()) MESSAGE(worker.error().message());
    REQUIRE(worker.has_value());
    CHECK_EQ(worker->kid(), kid_for(f.statement.encode()));
    CHECK_EQ(worker->statement().encode(), f.statement.encode());
    CHECK_EQ(worker->platform_id().size(), 16);
    CHECK_EQ(worker->image_name(), "tdx-sim");
    CHECK_EQ(worker->image_hash(), image_hash_of(f.policy.images[0], f.policy.images[0].shapes[0]));
    CHECK(worker->is_development_root());
  }
}

TEST_CASE("a worker of another network or role is refused") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  f.statement.network = NetworkId(-239);
  CHECK_EQ(refused_for(judge(f)), AttestError::kWrongNetwork);
  f.statement.network = kDevnetNetworkId;
  f.statement.role = Role::kProxy;
  CHECK_EQ(refused_for(judge(f)), AttestError::kWrongRole);
}

TEST_CASE("an empty policy accepts nothing") {
  const WorkerFixture good = tdxsim::make_worker_fixture();
  WorkerFixture f = tdxsim::make_worker_fixture();
  f.policy.images.clear();
  CHECK_EQ(refused_for(judge(f)), AttestError::kPolicyIncomplete);
  f.policy = good.policy;
  f.policy.roots.clear();
  CHECK_EQ(refused_for(judge(f)), AttestError::kPolicyIncomplete);
  f.policy = good.policy;
  f.policy.statement_age_max = std::chrono::seconds(0);
  CHECK_EQ(refused_for(judge(f)), AttestError::kPolicyIncomplete);
}

TEST_CASE("a worker whose trusted block the policy does not list is refused") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  const TrustedBlock listed = f.policy.trusted_blocks.at(0);
  TrustedBlock other = listed;
  other.file_hash = BlockFileHash();
  f.policy.trusted_blocks = {other};
  const auto refused = judge(f);
  CHECK_EQ(refused_for(refused), AttestError::kForbiddenConfig);
  CHECK(refused.error().message().contains("trusted block is none of the registry's"));
  f.policy.trusted_blocks.clear();
  CHECK_EQ(refused_for(judge(f)), AttestError::kForbiddenConfig);
  f.policy.trusted_blocks = {other, listed};
  CHECK(judge(f).has_value());
}

TEST_CASE("a quote under another root is refused") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  f.policy.roots = {tdxsim::make_platform("somebody else").root_fingerprint()};
  CHECK_EQ(refused_for(judge(f)), AttestError::kUntrustedRoot);
}

TEST_CASE("a development root does not count outside the devnet, whatever the registry lists") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  f.policy.network = f.statement.network = NetworkId(-239);
  CHECK_EQ(refused_for(judge(f)), AttestError::kUntrustedRoot);
  f.policy.roots.push_back(intel::intel_sgx_root());
  CHECK_EQ(refused_for(judge(f)), AttestError::kUntrustedRoot);
}

TEST_CASE("a genuine Intel quote is judged by Intel's collateral, on every network") {
  constexpr std::string_view kCase = "tdx/01_v4_phala_b0c06f_2025-06";
  const Bytes quote = intel::test::data(std::string(kCase) + "/quote.bin");
  const Bytes json = intel::test::data(std::string(kCase) + "/collateral.json");
  constexpr UnixSeconds kAt{1'751'624'191};
  for (const NetworkId network : {kDevnetNetworkId, NetworkId(-239)}) {
    WorkerFixture f = tdxsim::make_worker_fixture();
    f.policy.network = f.statement.network = network;
    f.policy.roots = {intel::intel_sgx_root()};
    EvidenceBundle bundle = f.bundle();
    bundle.quote = quote;
    const auto judge_at = [&](UnixSeconds at) {
      return refused_for(verify_evidence(bundle, f.collateral, f.policy, f.block, at));
    };
    CHECK_EQ(judge_at(kAt), AttestError::kNoCollateral);  // none of its platform model is there
    REQUIRE(f.collateral.admit(json, f.policy.roots, kAt).has_value());
    CHECK_EQ(judge_at(kAt), AttestError::kBindingMismatch);  // it is not this worker's quote
    constexpr std::uint32_t kYear = 365 * 86'400;
    CHECK_EQ(judge_at(UnixSeconds(kAt.value() + kYear)), AttestError::kStale);
  }
}

namespace {

// Judged with this collateral of the same machine.
Result<VerifiedWorker> judge_with(const tdxsim::CollateralOptions& options,
                                  const QuoteOptions& quote = {}) {
  WorkerFixture f = tdxsim::make_worker_fixture();
  f.publish(options);
  return judge(f, quote);
}

}  // namespace

TEST_CASE("a development platform is held to the whole TDX policy") {
  using Revoked = tdxsim::CollateralOptions::Revoked;
  CHECK(judge_with({}).has_value());
  CHECK_EQ(refused_for(judge_with({.revoked = Revoked::kPck})), AttestError::kPlatform);
  CHECK_EQ(refused_for(judge_with({.revoked = Revoked::kPckIssuer})), AttestError::kPlatform);
  CHECK_EQ(refused_for(judge_with({.revoked = Revoked::kTcbSigner})), AttestError::kPlatform);
  CHECK_EQ(refused_for(judge_with({.valid_for = 0})), AttestError::kStale);
  CHECK(judge_with({.valid_for = 1}).has_value());
  CHECK_EQ(refused_for(judge_with({.issued_after = 1})), AttestError::kStale);
  CHECK_EQ(refused_for(judge_with({}, {.tee_tcb_svn = tdxsim::kOldTeeTcbSvn})),
           AttestError::kTcbStatus);
  CHECK_EQ(refused_for(judge_with({}, {.qe_isv_svn = 2})), AttestError::kTcbStatus);
  crypto::Sha384Digest signer{};
  signer[0] = std::byte{1};
  CHECK_EQ(refused_for(judge_with({}, {.mr_signer_seam = signer})), AttestError::kPlatform);

  WorkerFixture f = tdxsim::make_worker_fixture();
  f.collateral = CollateralBook();
  CHECK_EQ(refused_for(judge(f)), AttestError::kNoCollateral);
  const tdxsim::Platform another = tdxsim::make_platform("another machine");
  f.collateral = tdxsim::book_of(another, another.collateral());
  CHECK_EQ(refused_for(judge(f)), AttestError::kNoCollateral);
}

TEST_CASE("the policy's exceptions, floor and bans decide about a platform") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  const QuoteOptions old{.tee_tcb_svn = tdxsim::kOldTeeTcbSvn};
  CHECK_EQ(refused_for(judge(f, old)), AttestError::kTcbStatus);
  f.policy.exceptions = {
      {.status = intel::TcbStatus::kOutOfDate, .advisories = {"DEV-SA-00001"}, .until = f.now}};
  CHECK(judge(f, old).has_value());
  f.now = UnixSeconds(f.now.value() + 1);
  CHECK_EQ(refused_for(judge(f, old)), AttestError::kTcbStatus);
  f.policy.evaluation_number_min = 1;
  CHECK(judge(f).has_value());
  f.policy.evaluation_number_min = 2;
  CHECK_EQ(refused_for(judge(f)), AttestError::kStale);
  f.policy.evaluation_number_min = 0;
  f.policy.banned_platforms = {judge(f).value().platform_id()};
  CHECK_EQ(refused_for(judge(f)), AttestError::kBanned);
}

TEST_CASE("a changed quote that is still valid is the same machine's") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  const auto honest = judge(f);
  REQUIRE(honest.has_value());
  EvidenceBundle bundle = f.bundle();
  append(bundle.quote, to_bytes("what nobody signed"));
  const auto padded = verify_evidence(bundle, f.collateral, f.policy, f.block, f.now);
  REQUIRE(padded.has_value());
  CHECK_EQ(padded->kid(), honest->kid());
  CHECK_EQ(padded->platform_id(), honest->platform_id());

  bundle = f.bundle();
  bundle.quote = tdxsim::with_negated_s(std::move(bundle.quote));
  const auto negated = verify_evidence(bundle, f.collateral, f.policy, f.block, f.now);
  REQUIRE(negated.has_value());
  CHECK_EQ(negated->kid(), honest->kid());
  CHECK_EQ(negated->platform_id(), honest->platform_id());
}

TEST_CASE("a quote over another statement is refused") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  CHECK_EQ(refused_for(judge(f, {.report_data = QuoteOptions::ReportData::kFirstBitFlipped})),
           AttestError::kBindingMismatch);
  // The quote of an honest worker beside a statement with another HPKE key.
  EvidenceBundle bundle = f.bundle();
  f.statement.hpke_key = crypto::X25519PublicKey();
  bundle.statement = f.statement.encode();
  CHECK_EQ(refused_for(verify_evidence(bundle, f.collateral, f.policy, f.block, f.now)),
           AttestError::kBindingMismatch);
}

TEST_CASE("a changed quote is refused") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  EvidenceBundle bundle = f.bundle();
  bundle.quote[200] ^= std::byte{1};
  CHECK_EQ(refused_for(verify_evidence(bundle, f.collateral, f.policy, f.block, f.now)),
           AttestError::kBadSignature);
  bundle.quote.resize(100);
  CHECK_EQ(refused_for(verify_evidence(bundle, f.collateral, f.policy, f.block, f.now)),
           AttestError::kMalformed);
}

TEST_CASE("a TD that its host could look into is refused") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  constexpr std::uint64_t kGood = std::uint64_t{1} << 28U;
  const auto attributes = [&](std::uint64_t value) {
    return refused_for(judge(f, {.td_attributes = value}));
  };
  CHECK_EQ(attributes(kGood | 1U), AttestError::kTdAttributes);  // DEBUG
  for (unsigned bit = 1; bit < 8; ++bit) {
    CAPTURE(bit);
    CHECK_EQ(attributes(kGood | std::uint64_t{1} << bit), AttestError::kTdAttributes);  // TUD
  }
  CHECK_EQ(attributes(0), AttestError::kTdAttributes);  // no SEPT_VE_DISABLE
  CHECK_EQ(attributes(kGood | std::uint64_t{1} << 29U), AttestError::kTdAttributes);  // MIGRATABLE
  CHECK_EQ(attributes(kGood | std::uint64_t{1} << 40U), AttestError::kTdAttributes);  // unknown
  CHECK(judge(f, {.td_attributes = kGood | std::uint64_t{1} << 63U}).has_value());    // PERFMON
  crypto::Sha384Digest used{};
  used[47] = std::byte{1};
  CHECK_EQ(refused_for(judge(f, {.rtmr3 = used})), AttestError::kTdAttributes);
  CHECK_EQ(refused_for(judge(f, {.version = 5, .mr_service_td = used})),
           AttestError::kTdAttributes);
}

TEST_CASE("software or machines outside the image list are refused") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  for (auto member : {&tdxsim::Measurements::mrtd, &tdxsim::Measurements::rtmr0,
                      &tdxsim::Measurements::rtmr1, &tdxsim::Measurements::rtmr2}) {
    WorkerFixture other = tdxsim::make_worker_fixture();
    (other.measurements.*member)[0] ^= std::byte{1};
    CHECK_EQ(refused_for(judge(other)), AttestError::kImageNotAllowed);
  }
  WorkerFixture other = tdxsim::make_worker_fixture();
  other.measurements.xfam[0] ^= std::byte{1};
  CHECK_EQ(refused_for(judge(other)), AttestError::kImageNotAllowed);
}

TEST_CASE("measurements of two images do not add up to a third") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  Image other = f.policy.images[0];
  other.name = "other";
  other.rtmr2[0] ^= std::byte{1};
  other.shapes[0].rtmr0[0] ^= std::byte{1};
  f.policy.images.push_back(other);
  f.measurements.rtmr2 = other.rtmr2;  // the other image on the first one's machine
  CHECK_EQ(refused_for(judge(f)), AttestError::kImageNotAllowed);
  f.measurements.rtmr0 = other.shapes[0].rtmr0;
  CHECK_EQ(judge(f).value().image_name(), "other");
}

TEST_CASE("every changed byte of the configuration is refused") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  const EvidenceBundle good = f.bundle();
  for (std::size_t at = 0; at < good.configuration.size(); at += 13) {
    CAPTURE(at);
    EvidenceBundle bad = good;
    bad.configuration[at] ^= std::byte{1};
    CHECK_EQ(refused_for(verify_evidence(bad, f.collateral, f.policy, f.block, f.now)),
             AttestError::kConfigMismatch);
  }
}

TEST_CASE("a configuration outside its schema is refused even if the statement names it") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  f.configuration += "[backdoor]\non = true\n";
  f.rehash_configuration();
  CHECK_EQ(refused_for(judge(f)), AttestError::kForbiddenConfig);
}

TEST_CASE("a configuration that says otherwise than its statement is refused") {
  const auto changed = [](std::string_view what, std::string_view with) {
    WorkerFixture f = tdxsim::make_worker_fixture();
    replace(f.configuration, what, with);
    f.rehash_configuration();
    return refused_for(judge(f));
  };
  CHECK_EQ(changed("\"test-model\"", "\"another\""), AttestError::kConfigMismatch);
  CHECK_EQ(changed("network = -777\n", "network = -777\nowner_address = \"EQmallory\"\n"),
           AttestError::kConfigMismatch);
  CHECK_EQ(changed("network = -777", "network = -239"), AttestError::kConfigMismatch);
}

TEST_CASE("an engine outside the TD is allowed on the devnet only") {
  WorkerFixture f = tdxsim::make_worker_fixture();
  replace(f.configuration, "kind = \"llama-server\"\nprogram = \"/opt/llama-server\"",
          "kind = \"external\"\nurl = \"http://127.0.0.1:8080\"");
  replace(f.configuration, "path = \"/models/test.gguf\"\nprivate_dir = \"/run/model\"\n", "");
  f.rehash_configuration();
  CHECK(judge(f).has_value());

  replace(f.configuration, "network = -777", "network = -239");
  f.statement.network = NetworkId(-239);
  f.rehash_configuration();
  const Status refused = check_configuration(as_bytes(f.configuration), f.statement, f.policy);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(AttestError::kForbiddenConfig));
}

TEST_CASE("outside the devnet engine and model lie where the image vouches for them") {
  const auto check = [](std::string_view program, std::string_view private_dir) {
    WorkerFixture f = tdxsim::make_worker_fixture();
    replace(f.configuration, "network = -777", "network = -239");
    replace(f.configuration, "/opt/llama-server", program);
    replace(f.configuration, "private_dir = \"/run/model\"\n", private_dir);
    f.statement.network = NetworkId(-239);
    f.rehash_configuration();
    const Status checked = check_configuration(as_bytes(f.configuration), f.statement, f.policy);
    return checked.has_value() || !checked.error().is(AttestError::kForbiddenConfig);
  };
  constexpr std::string_view kEngine = "/opt/cocoon/llama-server";
  CHECK(check(kEngine, "private_dir = \"/run/cocoon/model\"\n"));
  CHECK(check(kEngine, ""));
  CHECK_FALSE(check("/mnt/host/llama-server", ""));
  CHECK_FALSE(check("/opt/cocoon/../../mnt/llama-server", ""));
  CHECK_FALSE(check(kEngine, "private_dir = \"/mnt/host\"\n"));
  CHECK_FALSE(check(kEngine, "private_dir = \"/run/cocoon/../../mnt\"\n"));
}

TEST_CASE("a statement over an unknown or old block is refused") {
  const WorkerFixture f = tdxsim::make_worker_fixture();
  WorkerFixture other = tdxsim::make_worker_fixture();
  other.block.root_hash = BlockHash();
  CHECK_EQ(refused_for(judge(other)), AttestError::kUnknownBlock);
  other.block = f.block;
  other.block.seqno = Seqno(f.block.seqno.value() + 1);
  CHECK_EQ(refused_for(judge(other)), AttestError::kUnknownBlock);

  other.block = f.block;
  other.block.generated_at = UnixSeconds(f.now.value() - 4200);
  CHECK(judge(other).has_value());
  other.block.generated_at = UnixSeconds(f.now.value() - 4201);
  CHECK_EQ(refused_for(judge(other)), AttestError::kStale);
  other.block.generated_at = UnixSeconds(f.now.value() + 121);
  CHECK_EQ(refused_for(judge(other)), AttestError::kStale);
}

TEST_CASE("a policy's hash depends on every part of it and not on the order of its lists") {
  const Policy policy = tdxsim::make_worker_fixture().policy;
  Policy two_roots = policy;
  two_roots.roots.push_back(intel::intel_sgx_root());
  Policy swapped = two_roots;
  std::swap(swapped.roots[0], swapped.roots[1]);
  CHECK_EQ(two_roots.hash(), swapped.hash());
  CHECK_NE(two_roots.hash(), policy.hash());
  Policy other = policy;
  other.network = NetworkId(1);
  CHECK_NE(other.hash(), policy.hash());
  other = policy;
  other.statement_age_max += std::chrono::seconds(1);
  CHECK_NE(other.hash(), policy.hash());
  other = policy;
  other.images[0].shapes[0].xfam[0] ^= std::byte{1};
  CHECK_NE(other.hash(), policy.hash());
  other = policy;
  other.images[0].mrtd[0] ^= std::byte{1};
  CHECK_NE(other.hash(), policy.hash());
  other = policy;
  other.images[0].shapes[0].gpus.count = 1;
  CHECK_NE(other.hash(), policy.hash());
  other = policy;
  other.gpus.driver_versions = {"1", "2"};
  CHECK_NE(other.hash(), policy.hash());
  Policy turned = policy;
  turned.gpus.driver_versions = {"2", "1"};
  CHECK_EQ(other.hash(), turned.hash());
}
