#include "attest/judge_device.h"

#include <doctest/doctest.h>

#include "attest/intel/recorded_test.h"

namespace cocoon::attest {
namespace {

using intel::test::data;

constexpr UnixSeconds kNow{1'770'000'000};

std::string verdict_of(const DeviceVerdict& judged) {
  const codec::Json json = judged.to_json();
  const codec::Json::Array& reasons = *json.find("reasons")->as_array();
  return *json.find("verdict")->as_string() +
         (reasons.empty() ? "" : " " + *reasons.front().as_string());
}

std::string judge(const Bytes& evidence, const std::string& certificates) {
  const auto judged = judge_device(evidence, data(certificates), kNow);
  REQUIRE(judged.has_value());
  return verdict_of(*judged);
}

TEST_CASE("judges recorded SEV-SNP reports with the key's certificate alone or its chain") {
  const auto snp = [](const std::string& name) { return data("snp/" + name + ".report.bin"); };
  CHECK(judge(snp("azure_genoa"), "snp/azure_genoa.vcek.der") == "accept");
  CHECK(judge(snp("azure_milan"), "snp/azure_milan.chain.pem") ==
        "reject refused-product: Milan processors are never accepted");
  CHECK(judge(snp("azure_genoa"), "snp/coco_milan.vcek.der").starts_with("reject bad-signature: "));
  CHECK(judge(snp("azure_genoa"), "nvidia/h100_550.chain.pem").starts_with("reject malformed: "));
}

TEST_CASE("judges recorded GPU reports by certificates, signature, firmware and mode") {
  const auto gpu = [](const std::string& name) {
    return from_hex(as_text(data("nvidia/" + name + ".report.txt"))).value();
  };
  CHECK(judge(gpu("h100_550"), "nvidia/h100_550.chain.pem") == "accept");
  CHECK(judge(gpu("h100_535"), "nvidia/h100_535.chain.pem").starts_with("reject mode: "));
  CHECK(judge(gpu("h100_550"), "nvidia/h100_535.chain.pem").starts_with("reject bad-signature: "));
  CHECK(judge(gpu("ls10"), "nvidia/ls10.chain.pem").starts_with("reject mode: "));
}

TEST_CASE("leaves quotes to those who judge quotes") {
  CHECK_FALSE(judge_device(data("tdx/07_v4_cocoon_90c06f/quote.bin"), {}, kNow).has_value());
  CHECK_FALSE(judge_device({}, {}, kNow).has_value());
  CHECK_FALSE(judge_device(to_bytes("[]"), {}, kNow).has_value());
}

}  // namespace
}  // namespace cocoon::attest
