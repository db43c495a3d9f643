#include "attest/verdict.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "attest/intel/recorded_test.h"
#include "attest/reason.h"
#include "codec/rfc3339.h"

using namespace cocoon;
using namespace cocoon::attest;
using codec::Json;
using intel::test::data;

namespace {

std::string text_of(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value == nullptr || value->as_string() == nullptr ? "" : *value->as_string();
}

std::vector<std::string> codes_of(const QuoteVerdict& verdict) {
  std::vector<std::string> out;
  for (const Error& reason : verdict.record.reasons) out.emplace_back(reason_code(reason));
  return out;
}

bool is_accepted(const QuoteVerdict& verdict) {
  return verdict.record.outcome == Verdict::Outcome::kAccept;
}

// Those of the levels that the vector reaches, sorted; none where no status can be given.
std::vector<std::string> advisories_of(const Json& expected) {
  std::set<std::string> out;
  const std::string status = text_of(expected, "qvl_final_status");
  if (status == "NotSupported" || status == "FmspcMismatch") return {};
  for (const char* key : {"platform_tcb", "tdx_module", "qe_tcb"}) {
    const Json::Array* const level = expected.find(key)->as_array();
    if (level == nullptr || level->back().as_array() == nullptr) continue;
    for (const Json& advisory : *level->back().as_array()) out.insert(*advisory.as_string());
  }
  return {out.begin(), out.end()};
}

void check_attributes(const QuoteVerdict& verdict, const Json& expected) {
  const auto said = [&](const char* key) { return *expected.find(key)->as_boolean(); };
  const std::uint64_t attributes = verdict.quote->body().td_attributes;
  CHECK_EQ((attributes & 1U) != 0, said("debug"));
  CHECK_EQ((attributes & 0xffU) != 0, said("td_attr_TUD_nonzero"));
  CHECK_EQ((attributes >> 28U & 1U) != 0, said("sept_ve_disable"));
  CHECK_EQ((attributes >> 63U & 1U) != 0, said("perfmon"));
}

// Why each recorded vector is refused; those that are not named are accepted.
struct Expected {
  std::string_view name;
  std::vector<std::string> codes;
};
const Expected kRefused[] = {
    {"02_v5_azure_outdated_90c06f_2026-02", {"tcb-status"}},
    {"03_v4_phala_old_b0c06f", {"tcb-status"}},
    {"06_v4_gnr_00a06d_mrconfigid", {"tcb-status"}},
    {"08_v5_coco_90c06f_old", {"tcb-status", "td-attributes"}},
    {"13_v4_wrong_fmspc_collateral", {"fmspc-mismatch"}},
    {"15_v4_google_spr_2023", {"tcb-status", "td-attributes"}},
    {"16_v4_debug_td_coco", {"td-attributes"}},
    {"18_v4_dstack_lite", {"expired"}},
    {"19_v4_gcp_solana_2025-07", {"tcb-status"}},
};

// A devnet policy that allows exactly the software of this quote.
Policy policy_for(const Bytes& quote) {
  const intel::TdBody body = intel::UnverifiedQuote::parse(quote)->body();
  Policy out;
  out.network = kDevnetNetworkId;
  out.roots = {intel::test::fingerprint_of("sim/dev_root.der")};
  out.images = {
      {.name = "image",
       .mrtd = body.mrtd,
       .rtmr1 = body.rtmr[1],
       .rtmr2 = body.rtmr[2],
       .shapes = {{.name = "shape", .rtmr0 = body.rtmr[0], .xfam = body.xfam, .gpus = {}}}}};
  out.statement_age_max = std::chrono::seconds(4200);
  return out;
}

constexpr UnixSeconds kSimTime{1'800'000'000};

QuoteVerdict judge_sim(const std::string& name) {
  const Bytes quote = data("sim/" + name + ".bin");
  const Policy policy = policy_for(quote);
  return judge_quote(quote, data("sim/collateral.json"), kSimTime, &policy).value();
}

}  // namespace

TEST_CASE("every recorded vector gets its expected status, for the expected reasons") {
  int count = 0;
  for (const auto& folder : std::filesystem::directory_iterator("tests/data/attestation/tdx")) {
    const std::string name = folder.path().filename().string();
    CAPTURE(name);
    const Json expected =
        codec::parse_json(as_text(data("tdx/" + name + "/expected.json"))).value();
    const std::string at = text_of(expected, "verify_at");
    const UnixSeconds time =
        at.empty() ? UnixSeconds(1'778'000'000) : codec::parse_rfc3339(at).value();
    const QuoteVerdict verdict =
        judge_quote(data("tdx/" + name + "/quote.bin"), data("tdx/" + name + "/collateral.json"),
                    time, nullptr)
            .value();
    CHECK_EQ(verdict.record.tcb_status, text_of(expected, "qvl_final_status"));
    const auto refused = std::ranges::find(kRefused, name, &Expected::name);
    CHECK_EQ(codes_of(verdict),
             refused == std::end(kRefused) ? std::vector<std::string>{} : refused->codes);
    const Json json = verdict.to_json();
    CHECK_EQ(text_of(json, "verdict"), refused == std::end(kRefused) ? "accept" : "reject");
    CHECK_EQ(text_of(json, "td_attributes"), text_of(expected, "td_attributes_hex"));
    CHECK_EQ(text_of(json, "fmspc"), text_of(expected, "fmspc"));
    CHECK_EQ(text_of(json, "mrtd"), text_of(expected, "mrtd"));
    CHECK_EQ(text_of(json, "report_data"), text_of(expected, "reportdata"));
    CHECK_EQ(verdict.record.advisories, advisories_of(expected));
    check_attributes(verdict, expected);
    ++count;
  }
  CHECK_GE(count, 15);
}

TEST_CASE("a platform certificate that is younger than its collateral is never in time") {
  // Vector 18: no moment lies inside all windows.
  for (const std::uint32_t at : {1'768'300'000U, 1'770'700'000U, 1'776'220'000U, 1'778'000'000U}) {
    const QuoteVerdict verdict =
        judge_quote(data("tdx/18_v4_dstack_lite/quote.bin"),
                    data("tdx/18_v4_dstack_lite/collateral.json"), UnixSeconds(at), nullptr)
            .value();
    CHECK_FALSE(is_accepted(verdict));
  }
}

TEST_CASE("the simulated vectors are judged as their names say") {
  CHECK(is_accepted(judge_sim("v4_ok")));
  CHECK(is_accepted(judge_sim("v5_ok")));
  const auto codes = [](const std::string& name) { return codes_of(judge_sim(name)); };
  using Codes = std::vector<std::string>;
  CHECK_EQ(codes("v4_debug"), Codes{"td-attributes"});
  CHECK_EQ(codes("v4_migratable"), Codes{"td-attributes"});
  CHECK_EQ(codes("v4_no_sept_ve"), Codes{"td-attributes"});
  CHECK_EQ(codes("v5_servtd"), Codes{"td-attributes"});
  CHECK_EQ(codes("v4_module_outofdate"), Codes{"tcb-status"});
  CHECK_EQ(judge_sim("v4_module_outofdate").record.tcb_status, "OutOfDate");
  CHECK_EQ(codes("v4_unknown_module"), Codes{"tdx-module-mismatch"});
  CHECK_EQ(codes("v5_relaunch_advised"), Codes{"tcb-status"});
  CHECK_EQ(judge_sim("v5_relaunch_advised").record.tcb_status, "TDRelaunchAdvised");
  // Without a policy, and under any other root, it is nobody's.
  const QuoteVerdict nobodys =
      judge_quote(data("sim/v4_ok.bin"), data("sim/collateral.json"), kSimTime, nullptr).value();
  CHECK_EQ(codes_of(nobodys), Codes{"untrusted-root", "untrusted-root"});
}

TEST_CASE("a policy adds its roots, images, bans, floor and exceptions") {
  using Codes = std::vector<std::string>;
  const Bytes old_module = data("sim/v4_module_outofdate.bin");
  const Bytes good = data("sim/v4_ok.bin");
  const auto codes = [](const Bytes& quote, const Policy& policy) {
    return codes_of(judge_quote(quote, data("sim/collateral.json"), kSimTime, &policy).value());
  };
  Policy policy = policy_for(good);
  policy.images[0].rtmr2[0] ^= std::byte{1};
  CHECK_EQ(codes(good, policy), Codes{"image-not-allowed"});
  policy.images.clear();
  CHECK_EQ(codes(good, policy), Codes{"policy-incomplete", "image-not-allowed"});
  policy = policy_for(good);
  policy.network = NetworkId(-239);
  CHECK_EQ(codes(good, policy), Codes{"untrusted-root"});
  policy = policy_for(good);
  policy.evaluation_number_min = 19;
  CHECK_EQ(codes(good, policy), Codes{});
  policy.evaluation_number_min = 20;
  CHECK_EQ(codes(good, policy), Codes{"stale"});
  policy = policy_for(good);
  const auto ppid =
      intel::read_pck_info(crypto::Certificate::from_pem_chain(
                               as_text(intel::UnverifiedQuote::parse(good)->certificates()), 3)
                               .value()[0]);
  policy.banned_platforms = {to_bytes(ppid->ppid)};
  CHECK_EQ(codes(good, policy), Codes{"banned"});

  policy = policy_for(old_module);
  CHECK_EQ(codes(old_module, policy), Codes{"tcb-status"});
  policy.exceptions = {{.status = intel::TcbStatus::kOutOfDate,
                        .advisories = {"INTEL-SA-01036"},
                        .until = kSimTime}};
  CHECK_EQ(codes(old_module, policy), Codes{});
  policy.exceptions[0].until = UnixSeconds(kSimTime.value() - 1);
  CHECK_EQ(codes(old_module, policy), Codes{"tcb-status"});
  policy.exceptions[0].until = kSimTime;
  policy.exceptions[0].advisories = {"INTEL-SA-00001"};
  CHECK_EQ(codes(old_module, policy), Codes{"tcb-status"});
  policy.exceptions[0].advisories = {"INTEL-SA-01036"};
  policy.exceptions[0].status = intel::TcbStatus::kSwHardeningNeeded;
  CHECK_EQ(codes(old_module, policy), Codes{"tcb-status"});
}

TEST_CASE("what is no quote or no collateral cannot be judged, what is a bad one is refused") {
  const Bytes good = data("sim/v4_ok.bin");
  const Bytes collateral = data("sim/collateral.json");
  const auto judge = [&](BytesView quote) {
    return judge_quote(quote, collateral, kSimTime, nullptr);
  };
  CHECK_FALSE(judge({}).has_value());
  CHECK_FALSE(
      judge(as_bytes("this is not a quote at all, and it is long enough for one")).has_value());
  CHECK_FALSE(judge_quote(good, {}, kSimTime, nullptr).has_value());
  CHECK_EQ(codes_of(judge(BytesView(good).first(1000)).value()),
           std::vector<std::string>{"malformed"});
  const Bytes sgx = data("sgx/phala/sgx_quote");
  CHECK_EQ(codes_of(judge(sgx).value()), std::vector<std::string>{"unsupported"});
}

TEST_CASE("a verdict record depends on its inputs and on nothing else") {
  const auto record = [](std::uint32_t at, const Bytes& quote) {
    return judge_quote(quote, data("sim/collateral.json"), UnixSeconds(at), nullptr)
        ->record.encode();
  };
  const Bytes quote = data("sim/v4_ok.bin");
  CHECK_EQ(record(1'800'000'000, quote), record(1'800'000'000, quote));
  CHECK_NE(record(1'800'000'000, quote), record(1'800'000'001, quote));
  Bytes padded = quote;  // what follows a quote is not looked at
  padded.resize(padded.size() + 39, std::byte{0x5a});
  CHECK_EQ(record(1'800'000'000, quote), record(1'800'000'000, padded));
}
