#include "attest/intel/tcb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "attest/intel/recorded_test.h"
#include "codec/rfc3339.h"
#include "tdxsim/fixture.h"
#include "tdxsim/vendor.h"

using namespace cocoon;
using namespace cocoon::attest::intel;
using tdxsim::CollateralOptions;
using tdxsim::QuoteOptions;

namespace {

constexpr ByteArray<16> kNewestModule = tdxsim::kTeeTcbSvn;
constexpr ByteArray<16> kOldModule = tdxsim::kOldTeeTcbSvn;

struct Case {
  QuoteOptions quote = {};
  CollateralOptions collateral = {};
  std::int64_t after = 0;  // seconds from the fixture's now to the judgement
};

Result<VerifiedCollateral> collateral_of(const tdxsim::Platform& platform) {
  const std::vector roots{platform.root_fingerprint()};
  return verify_collateral(UnverifiedCollateral::parse(as_bytes(platform.collateral())).value(),
                           roots);
}

TcbJudgement judge(const Case& what) {
  const auto platform = test::make_platform("platform", what.collateral);
  const std::vector roots{platform.root_fingerprint()};
  const Bytes bytes = platform.quote({}, tdxsim::default_measurements(), what.quote).value();
  const auto quote = verify_quote(UnverifiedQuote::parse(bytes).value(), roots);
  REQUIRE(quote.has_value());
  const auto collateral = collateral_of(platform);
  if (!collateral) MESSAGE(collateral.error().message());
  REQUIRE(collateral.has_value());
  const auto at = static_cast<std::uint32_t>(test::kFixtureNow.value() + what.after);
  return judge_tcb(*quote, *collateral, UnixSeconds(at));
}

TcbStatus status_of(const Case& what) {
  const TcbJudgement judged = judge(what);
  for (const Error& problem : judged.problems) MESSAGE(problem.message());
  REQUIRE(judged.problems.empty());
  REQUIRE(judged.status.has_value());
  return *judged.status;
}

IntelError problem_of(const Case& what) {
  const TcbJudgement judged = judge(what);
  REQUIRE_EQ(judged.problems.size(), 1);
  REQUIRE_EQ(judged.problems[0].library(), Library::kAttestIntel);
  return static_cast<IntelError>(judged.problems[0].code());
}

CollateralOptions edited(std::string from, std::string to) {
  CollateralOptions out;
  out.edits.emplace_back(std::move(from), std::move(to));
  return out;
}

ByteArray<16> svn(std::uint8_t module, std::uint8_t version, std::uint8_t microcode) {
  return {std::byte{module}, std::byte{version}, std::byte{microcode}};
}

// The moments inside which everything counts that came with the quote; none if the first is later.
void check_window(const VerifiedQuote& quote, const VerifiedCollateral& collateral,
                  const codec::Json::Array& expected) {
  const auto first = std::max(collateral.validity().first, quote.chain().validity.first);
  const auto last = std::min(collateral.validity().last, quote.chain().validity.last);
  const auto second = [&](std::size_t i) {
    return codec::parse_rfc3339(*expected[i].as_string()).value();
  };
  CHECK_EQ(first, second(0));
  // A document's window ends before its next update, a list's with it.
  CHECK((last == second(1) || last == UnixSeconds(second(1).value() - 1)));
}

// [name?, status, isvsvn, tcbDate, advisories or nothing]
void check_level(const SvnLevel* level, const codec::Json::Array* expected) {
  CHECK_EQ(level == nullptr, expected == nullptr);
  if (level == nullptr || expected == nullptr) return;
  const std::size_t at = expected->size() == 5 ? 1 : 0;
  CHECK_EQ(name_of(level->verdict.status), *(*expected)[at].as_string());
  CHECK_EQ(level->isv_svn, (*expected)[at + 1].as_unsigned());
  CHECK_EQ(level->verdict.tcb_date, codec::parse_rfc3339(*(*expected)[at + 2].as_string()).value());
}

}  // namespace

// What expected.json says beside the final status: the window, who is revoked, the quoting enclave
// and the TDX module's level that are reached.
TEST_CASE("every recorded vector reaches the levels that are expected of it") {
  int count = 0;
  for (const auto& folder : std::filesystem::directory_iterator("tests/data/attestation/tdx")) {
    const std::string path = folder.path().string();
    CAPTURE(path);
    const Bytes json = test::read_file(path + "/expected.json");
    const auto expected = codec::parse_json(as_text(json)).value();
    const std::vector roots{intel_sgx_root()};
    const auto quote =
        verify_quote(UnverifiedQuote::parse(test::read_file(path + "/quote.bin")).value(), roots)
            .value();
    const auto collateral =
        verify_collateral(
            UnverifiedCollateral::parse(test::read_file(path + "/collateral.json")).value(), roots)
            .value();
    check_window(quote, collateral, *expected.find("collateral_window")->as_array());
    const TcbInfo& info = collateral.tcb_info();
    CHECK_EQ(quote.pck().fmspc == info.fmspc, *expected.find("fmspc_match")->as_boolean());
    CHECK_EQ(collateral.qe_identity().matches(quote.quote().qe_report()).has_value(),
             *expected.find("qe_identity_ok")->as_boolean());
    CHECK_EQ(collateral.pck_list().revokes(quote.chain().leaf),
             *expected.find("pck_revoked")->as_boolean());
    check_level(level_of(collateral.qe_identity().levels, quote.quote().qe_report().isv_svn),
                expected.find("qe_tcb")->as_array());
    const auto version = std::to_integer<std::uint8_t>(quote.body().tee_tcb_svn[1]);
    const ModuleIdentity* const module = version == 0 ? nullptr : info.module_of(version);
    const auto module_svn = std::to_integer<std::uint32_t>(quote.body().tee_tcb_svn[0]);
    check_level(module == nullptr ? nullptr : level_of(module->levels, module_svn),
                expected.find("tdx_module")->as_array());
    ++count;
  }
  CHECK_GE(count, 15);
}

TEST_CASE("a platform in order is up to date under every body") {
  CHECK_EQ(status_of({}), TcbStatus::kUpToDate);
  CHECK_EQ(status_of({.quote = {.version = 5}}), TcbStatus::kUpToDate);
  CHECK_EQ(status_of({.quote = {.version = 5, .kind = TdBody::Kind::kTd15Extended}}),
           TcbStatus::kUpToDate);
  CHECK_EQ(status_of({.quote = {.tee_tcb_svn = svn(9, 1, 9)}}), TcbStatus::kUpToDate);
}

TEST_CASE("an old TDX module makes the platform out of date, with date and advisories") {
  const TcbJudgement judged = judge({.quote = {.tee_tcb_svn = kOldModule}});
  CHECK_EQ(judged.status, TcbStatus::kOutOfDate);
  CHECK_EQ(judged.advisories, std::vector<std::string>{"DEV-SA-00001"});
  CHECK_EQ(judged.tcb_date, UnixSeconds(1'710'288'000));  // 2024-03-13
  CHECK_EQ(status_of({.quote = {.tee_tcb_svn = svn(5, 1, 1)}}), TcbStatus::kOutOfDate);
}

TEST_CASE("a platform below every level is not supported") {
  CHECK_EQ(status_of({.quote = {.tee_tcb_svn = svn(5, 1, 0)}}), TcbStatus::kNotSupported);
  CHECK_EQ(status_of({.quote = {.tee_tcb_svn = svn(2, 1, 2)}}), TcbStatus::kNotSupported);
  CHECK_EQ(status_of({.collateral = edited("\"pcesvn\":11", "\"pcesvn\":14"), .after = 0}),
           TcbStatus::kUpToDate);  // the first level still matches
  CHECK_EQ(status_of({.quote = {.qe_isv_svn = 1}}), TcbStatus::kNotSupported);
}

TEST_CASE("a module without a major version is judged by the platform's own components") {
  CHECK_EQ(status_of({.quote = {.tee_tcb_svn = svn(5, 0, 2)}}), TcbStatus::kUpToDate);
  CHECK_EQ(status_of({.quote = {.tee_tcb_svn = svn(4, 0, 2)}}), TcbStatus::kOutOfDate);
}

TEST_CASE("a TDX module that the TCB info does not know is refused") {
  CHECK_EQ(problem_of({.quote = {.tee_tcb_svn = svn(5, 2, 2)}}), IntelError::kModuleMismatch);
  CHECK_EQ(problem_of({.quote = {.mr_signer_seam = {std::byte{1}}}}), IntelError::kModuleMismatch);
  CHECK_EQ(problem_of({.quote = {.seam_attributes = {std::byte{1}}}}), IntelError::kModuleMismatch);
  CHECK_EQ(problem_of({.collateral = edited("\"tdxModuleIdentities\"", "\"other\"")}),
           IntelError::kModuleMismatch);
}

TEST_CASE("a quoting enclave that is old, revoked or another is seen") {
  CHECK_EQ(status_of({.quote = {.qe_isv_svn = 3}}), TcbStatus::kOutOfDate);
  CHECK_EQ(status_of({.quote = {.qe_isv_svn = 3},
                      .collateral = edited("\"isvsvn\":2},\"tcbDate\":\"2024-03-13T00:00:00Z\",\""
                                           "tcbStatus\":\"OutOfDate\"",
                                           "\"isvsvn\":2},\"tcbDate\":\"2024-03-13T00:00:00Z\",\""
                                           "tcbStatus\":\"Revoked\"")}),
           TcbStatus::kRevoked);
  CHECK_EQ(problem_of({.quote = {.qe_attributes = 0x17}}), IntelError::kQeIdentityMismatch);
  CHECK_EQ(problem_of({.quote = {.qe_attributes = 0x05}}), IntelError::kQeIdentityMismatch);
  CHECK_EQ(problem_of({.collateral = edited("\"isvprodid\":2", "\"isvprodid\":1")}),
           IntelError::kQeIdentityMismatch);
  CHECK_EQ(problem_of({.collateral = edited("\"miscselect\":\"00", "\"miscselect\":\"01")}),
           IntelError::kQeIdentityMismatch);
}

TEST_CASE("a TD launched under an old module on a platform that is new is told to relaunch") {
  const QuoteOptions launched_old{
      .version = 5, .tee_tcb_svn = kOldModule, .tee_tcb_svn2 = kNewestModule};
  CHECK_EQ(status_of({.quote = launched_old}), TcbStatus::kTdRelaunchAdvised);
  QuoteOptions still_old = launched_old;
  still_old.tee_tcb_svn2 = kOldModule;
  CHECK_EQ(status_of({.quote = still_old}), TcbStatus::kOutOfDate);
  // A quoting enclave that is out of date too leaves it at that.
  QuoteOptions old_enclave = launched_old;
  old_enclave.qe_isv_svn = 3;
  CHECK_EQ(status_of({.quote = old_enclave}), TcbStatus::kOutOfDate);
  // Configuration that is wanting stays wanting.
  CHECK_EQ(
      status_of({.quote = launched_old,
                 .collateral = edited(
                     R"(]},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"UpToDate")",
                     R"(]},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"ConfigurationNeeded")")}),
      TcbStatus::kTdRelaunchAdvisedConfigurationNeeded);
}

TEST_CASE("a TD whose platform fell back since its launch has the worse status") {
  const QuoteOptions fell_back{.version = 5, .tee_tcb_svn2 = kOldModule};
  CHECK_EQ(status_of({.quote = fell_back}), TcbStatus::kOutOfDate);
  const QuoteOptions unknown{.version = 5, .tee_tcb_svn2 = svn(5, 2, 2)};
  CHECK_EQ(status_of({.quote = unknown}), TcbStatus::kNotSupported);
  // Also where the launch itself was no better than SWHardeningNeeded.
  const auto hardening =
      edited(R"(]},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"UpToDate")",
             R"(]},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"SWHardeningNeeded")");
  CHECK_EQ(status_of({.quote = {.version = 5}, .collateral = hardening}),
           TcbStatus::kSwHardeningNeeded);
  CHECK_EQ(status_of({.quote = fell_back, .collateral = hardening}), TcbStatus::kOutOfDate);
}

TEST_CASE("collateral counts from its issue until just before its next update") {
  CollateralOptions window;
  window.issued_after = 100;
  window.valid_for = 200;
  CHECK_EQ(problem_of({.collateral = window, .after = 99}), IntelError::kNotYetValid);
  CHECK_EQ(status_of({.collateral = window, .after = 100}), TcbStatus::kUpToDate);
  CHECK_EQ(status_of({.collateral = window, .after = 199}), TcbStatus::kUpToDate);
  CHECK_EQ(problem_of({.collateral = window, .after = 200}), IntelError::kExpired);
}

TEST_CASE("whoever is revoked is refused") {
  using Revoked = CollateralOptions::Revoked;
  for (const Revoked who : {Revoked::kPck, Revoked::kPckIssuer, Revoked::kTcbSigner}) {
    CollateralOptions options;
    options.revoked = who;
    const TcbJudgement judged = judge({.collateral = options});
    CHECK_FALSE(judged.problems.empty());
    for (const Error& problem : judged.problems) CHECK(problem.is(IntelError::kRevoked));
  }
}

TEST_CASE("collateral of another platform model or another root does not vouch for a quote") {
  CHECK_EQ(problem_of({.collateral = edited("\"fmspc\":\"c0", "\"fmspc\":\"C1")}),
           IntelError::kPlatformMismatch);
  CHECK_EQ(problem_of({.collateral = edited("\"pceId\":\"0000\"", "\"pceId\":\"0100\"")}),
           IntelError::kPlatformMismatch);
  CHECK_EQ(status_of({.collateral = edited("\"fmspc\":\"c0c0", "\"fmspc\":\"C0C0")}),
           TcbStatus::kUpToDate);

  const auto mine = test::make_platform("mine");
  const auto other = test::make_platform("other");
  const std::vector roots{mine.root_fingerprint(), other.root_fingerprint()};
  const Bytes bytes = mine.quote({}, tdxsim::default_measurements()).value();
  const auto quote = verify_quote(UnverifiedQuote::parse(bytes).value(), roots).value();
  const TcbJudgement judged = judge_tcb(quote, collateral_of(other).value(), test::kFixtureNow);
  CHECK_FALSE(judged.status.has_value());
  REQUIRE_EQ(judged.problems.size(), 1);
  CHECK(judged.problems[0].is(IntelError::kCollateralMismatch));
}

TEST_CASE("a quote may come from either of Intel's authorities, and its list from that one only") {
  using tdxsim::Vendor;
  for (const Vendor::Ca ca : {Vendor::Ca::kPlatform, Vendor::Ca::kProcessor}) {
    const auto judged = [&](CollateralOptions::PckList list) {
      const auto platform =
          Vendor::create(tdxsim::seeded_bytes("vendor"), test::kFixtureNow, ca)
              ->make_platform(tdxsim::seeded_bytes("platform"), {.pck_list = list})
              .value();
      const std::vector roots{platform.root_fingerprint()};
      const Bytes bytes = platform.quote({}, tdxsim::default_measurements()).value();
      const auto quote = verify_quote(UnverifiedQuote::parse(bytes).value(), roots).value();
      CHECK_EQ(quote.chain().issuer.subject_common_name().ends_with("Processor CA"),
               ca == Vendor::Ca::kProcessor);
      return judge_tcb(quote, collateral_of(platform).value(), test::kFixtureNow);
    };
    const TcbJudgement own = judged(CollateralOptions::PckList::kOfIssuer);
    CHECK(own.problems.empty());
    CHECK_EQ(own.status, TcbStatus::kUpToDate);
    const TcbJudgement other = judged(CollateralOptions::PckList::kOfOtherCa);
    REQUIRE_EQ(other.problems.size(), 1);
    CHECK(other.problems[0].is(IntelError::kCollateralMismatch));
  }
}

TEST_CASE("a verifier remembers platforms and still sees what is new") {
  const auto platform = test::make_platform();
  const std::vector roots{platform.root_fingerprint()};
  QuoteVerifier verifier;
  const auto judged = [&](BytesView quote) {
    return verifier.verify(UnverifiedQuote::parse(quote).value(), roots);
  };
  const Bytes first = platform.quote({}, tdxsim::default_measurements()).value();
  CHECK(judged(first).has_value());
  CHECK(judged(first).has_value());
  for (const std::size_t offset : {200U, 636U, 700U, 770U, 1154U, 1220U}) {
    CAPTURE(offset);
    Bytes bad = first;
    bad[offset] ^= std::byte{1};
    CHECK(judged(bad).error().is(IntelError::kBadSignature));
  }
  const auto other = test::make_platform("other");
  const Bytes foreign = other.quote({}, tdxsim::default_measurements()).value();
  CHECK(judged(foreign).error().is(IntelError::kUntrustedRoot));
}

TEST_CASE("a remembered platform is refused once its root is trusted no more") {
  const auto platform = test::make_platform();
  const auto other = test::make_platform("other");
  const Bytes quote = platform.quote({}, tdxsim::default_measurements()).value();
  const auto parsed = UnverifiedQuote::parse(quote).value();
  QuoteVerifier verifier;
  CHECK(verifier.verify(parsed, std::array{platform.root_fingerprint()}).has_value());
  const auto refused = verifier.verify(parsed, std::array{other.root_fingerprint()});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(IntelError::kUntrustedRoot));
}

TEST_CASE("statuses converge as Intel's verifier has them") {
  using enum TcbStatus;
  CHECK_EQ(converge(kUpToDate, kUpToDate), kUpToDate);
  CHECK_EQ(converge(kSwHardeningNeeded, kOutOfDate), kOutOfDate);
  CHECK_EQ(converge(kConfigurationNeeded, kOutOfDate), kOutOfDateConfigurationNeeded);
  CHECK_EQ(converge(kConfigurationAndSwHardeningNeeded, kOutOfDate), kOutOfDateConfigurationNeeded);
  CHECK_EQ(converge(kOutOfDate, kUpToDate), kOutOfDate);
  CHECK_EQ(converge(kOutOfDate, kRevoked), kRevoked);
  CHECK_EQ(converge(kRevoked, kUpToDate), kRevoked);
  CHECK_EQ(converge(kTdRelaunchAdvised, kUpToDate), kTdRelaunchAdvised);
  for (const char* name : {"UpToDate", "ConfigurationAndSWHardeningNeeded", "TDRelaunchAdvised"}) {
    CHECK_EQ(name_of(tcb_status_of(name).value()), name);
  }
  CHECK_FALSE(tcb_status_of("uptodate").has_value());
}
