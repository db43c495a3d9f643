// What is stated of every recorded report and SGX quote, so that none lies about unused.

#include "attest/intel/recorded_test.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "attest/judge_device.h"
#include "attest/nvidia/recorded_test.h"
#include "attest/reason.h"
#include "attest/verdict.h"

namespace cocoon::attest {
namespace {

using intel::test::data;
using Codes = std::vector<std::string>;

constexpr UnixSeconds kMid2025{1'750'000'000};
constexpr UnixSeconds kMid2026{1'783'000'000};

Codes codes_of(const std::vector<Error>& reasons) {
  Codes out;
  for (const Error& reason : reasons) out.emplace_back(reason_code(reason));
  return out;
}

bool signatures_hold(const DeviceVerdict& verdict) {
  return *verdict.facts.find("signatures_hold")->as_boolean();
}

// The files of a folder of recordings whose names end like this, without that end.
std::set<std::string> names_in(const std::string& folder, const std::string& end) {
  std::set<std::string> out;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/data/attestation/" + folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(end)) out.insert(name.substr(0, name.size() - end.size()));
  }
  return out;
}

struct Row {
  const char* report;
  const char* certificates;
  UnixSeconds at;
  bool signatures_hold;
  Codes refused_for;
};

template <class Rows, class Judge>
void check_rows(const Rows& rows, std::set<std::string> recorded, const Judge& judge) {
  for (const Row& row : rows) {
    CAPTURE(row.report);
    CAPTURE(row.certificates);
    const DeviceVerdict verdict = judge(row);
    for (const Error& reason : verdict.reasons) CAPTURE(reason.message());
    CHECK_EQ(signatures_hold(verdict), row.signatures_hold);
    CHECK_EQ(codes_of(verdict.reasons), row.refused_for);
    recorded.erase(row.report);
  }
  CHECK_EQ(recorded, std::set<std::string>{});
}

TEST_CASE("every recorded SEV-SNP report is judged as stated of it") {
  const Row rows[] = {
      {"azure_genoa", "azure_genoa.vcek.der", kMid2025, true, {}},
      {"azure_milan", "azure_milan.chain.pem", kMid2025, true, {"refused-product"}},
      {"coco_milan", "coco_milan.vcek.der", kMid2025, true, {"refused-product"}},
      {"coco_milan_vlek",
       "coco_milan_vlek.vlek.der",
       kMid2025,
       true,
       {"refused-product", "guest-policy", "guest-policy"}},  // VMPL 1, no chip named
      {"dstack_milan", "dstack_milan.vcek.der", kMid2026, true, {"refused-product"}},
      {"virtee_milan", "virtee_milan.vcek.der", kMid2025, true, {"refused-product"}},
      {"google_milan_debug",
       "google_milan_debug.vcek.der",
       kMid2025,
       true,
       {"refused-product", "guest-policy"}},
      {"coco_milan", "test-vcek-invalid-legacy.der", kMid2025, false, {"bad-signature"}},
      {"coco_milan", "test-vcek-invalid-new.der", kMid2025, false, {"bad-signature"}},
      {"azure_genoa", "virtee_turin.vcek.der", kMid2025, false, {"bad-signature"}},
  };
  check_rows(rows, names_in("snp", ".report.bin"), [](const Row& row) {
    return *judge_device(data("snp/" + std::string(row.report) + ".report.bin"),
                         data("snp/" + std::string(row.certificates)), row.at);
  });
}

TEST_CASE("every recorded GPU report in a file of its own is judged as stated of it") {
  const Row rows[] = {
      {"h100_535", "h100_535", kMid2026, true, {"mode"}},  // states no firmware
      {"h100_550", "h100_550", kMid2026, true, {}},
      {"h100_550", "h100_550_part2", kMid2026, false, {"malformed"}},
      {"h100_550", "h100_550_part3", kMid2026, false, {"malformed"}},
      {"h100_550", "h100_550_part4", kMid2026, false, {"malformed"}},
      // Nothing in it expires: what its name means is an answer of OCSP's, which was not recorded.
      {"h100_570_expired", "h100_570_expired", kMid2026, true, {}},
      {"h100_580_coco", "h100_580_coco", kMid2026, true, {}},
      {"h100_580_sdk", "h100_580_sdk", kMid2026, true, {}},
      {"b200_575", "b200_575", kMid2026, true, {}},
      {"b200_575", "h100_550", kMid2026, false, {"bad-signature"}},
      {"ls10", "ls10", kMid2026, true, {"mode"}},  // a switch
      {"ls10_invalid_signature", "ls10", kMid2026, false, {"bad-signature"}},
  };
  check_rows(rows, names_in("nvidia", ".report.txt"), [](const Row& row) {
    const Bytes hex = data("nvidia/" + std::string(row.report) + ".report.txt");
    return *judge_device(from_hex(as_text(hex)).value(),
                         data("nvidia/" + std::string(row.certificates) + ".chain.pem"), row.at);
  });
}

TEST_CASE("every report in a recorded list of GPUs or switches is judged as stated of it") {
  struct List {
    const char* name;
    std::size_t count;
    Codes refused_for;
  };
  const List lists[] = {
      {"h100_570_hold", 1, {}},  // on hold by OCSP, whose answer was not recorded
      {"h100_590", 1, {"mode"}},       {"h100_590_sdk", 1, {"mode"}},
      {"h100_590_four", 4, {"mode"}},                              // share plaintext over NVLink
      {"h100_590_eight", 8, {"mode"}}, {"ls10_one", 1, {"mode"}},  // switches
      {"ls10_four", 4, {"mode"}},      {"ls10_ppcie", 4, {"mode"}},
  };
  std::set<std::string> recorded = names_in("nvidia", ".json");
  for (const List& list : lists) {
    CAPTURE(list.name);
    const auto reports = nvidia::test::recorded_list(list.name);
    CHECK_EQ(reports.size(), list.count);
    const auto whole =
        judge_device(data("nvidia/" + std::string(list.name) + ".json"), {}, kMid2026);
    REQUIRE(whole.has_value());
    CHECK(signatures_hold(*whole));
    CHECK_EQ(whole->reasons.size(), list.refused_for.size() * list.count);
    CHECK_EQ(whole->facts.find("gpus")->as_array()->size(), list.count);
    for (const nvidia::test::Recorded& one : reports) {
      std::string pem;
      for (const auto& certificate : one.chain) pem += tdxsim::to_pem(certificate);
      const auto verdict = judge_device(one.report, as_bytes(pem), kMid2026);
      CHECK(signatures_hold(*verdict));
      CHECK_EQ(codes_of(verdict->reasons), list.refused_for);
    }
    recorded.erase(list.name);
  }
  CHECK_EQ(recorded, std::set<std::string>{});
}

TEST_CASE("every recorded SGX quote is refused as a kind that is not supported") {
  const Bytes collateral = data("sgx/phala/sgx_quote_collateral.json");
  for (const char* name : {"phala/sgx_quote", "automata/quote_sgx.bin", "automata/quotev3.hex",
                           "coco/occlum_quote.dat"}) {
    CAPTURE(name);
    Bytes quote = data("sgx/" + std::string(name));
    if (std::string_view(name).ends_with(".hex")) quote = from_hex(as_text(quote)).value();
    const auto verdict = judge_quote(quote, collateral, kMid2025, nullptr);
    REQUIRE(verdict.has_value());
    CHECK_EQ(codes_of(verdict->record.reasons), Codes{"unsupported"});
  }
}

}  // namespace
}  // namespace cocoon::attest
