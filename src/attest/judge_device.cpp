#include "attest/judge_device.h"

#include "attest/amd/describe.h"
#include "attest/amd/evidence.h"
#include "attest/nvidia/describe.h"
#include "attest/nvidia/evidence_list.h"
#include "attest/nvidia/verify.h"
#include "attest/reason.h"

namespace cocoon::attest {
namespace {

using codec::Json;
using crypto::Certificate;

constexpr std::size_t kCertificatesMax = 5;
constexpr std::byte kDerSequence{0x30};

Result<std::vector<Certificate>> read_certificates(BytesView bytes) {
  if (!bytes.empty() && bytes[0] == kDerSequence) {
    TRY(Certificate certificate, Certificate::from_der(bytes));
    std::vector<Certificate> alone;
    alone.push_back(std::move(certificate));
    return alone;
  }
  return Certificate::from_pem_chain(as_text(bytes), kCertificatesMax);
}

void add_facts(DeviceVerdict& out, Json facts) {
  for (auto& [name, value] : *facts.as_object()) out.facts.set(name, std::move(value));
}

Result<amd::SnpEvidence> snp_evidence(BytesView evidence, BytesView certificates) {
  if (amd::looks_like_snp_evidence(evidence)) return amd::SnpEvidence::decode(evidence);
  TRY(const auto chain, read_certificates(certificates));
  amd::SnpEvidence out{.report = to_bytes(evidence), .certificates_der = {}};
  for (const Certificate& certificate : chain) out.certificates_der.push_back(certificate.der());
  return out;
}

Status judge_snp(BytesView bytes, BytesView certificates, UnixSeconds at, DeviceVerdict& out) {
  out.facts.set("platform", Json::string("sev-snp"));
  out.facts.set("signatures_hold", Json::boolean(false));
  TRY(const amd::SnpEvidence evidence, snp_evidence(bytes, certificates));
  TRY(const auto report, amd::UnverifiedReport::parse(evidence.report));
  add_facts(out, amd::describe_report(report));
  amd::EndorsementCache nothing_remembered(0);
  TRY(const auto verified,
      amd::verify_snp_evidence(evidence.encode(), amd::amd_roots(), at, nothing_remembered));
  out.facts.set("signatures_hold", Json::boolean(true));
  out.facts.set("product", Json::string(amd::name_of(verified.product())));
  constexpr amd::GuestPolicy kAnyFirmware{.genoa_tcb_min = amd::TcbVersion{},
                                          .turin_tcb_min = amd::TcbVersion{}};
  out.reasons = amd::guest_problems(verified, kAnyFirmware);
  return {};
}

Status judge_gpu(BytesView bytes, const Result<std::vector<Certificate>>& certificates,
                 UnixSeconds at, DeviceVerdict& out) {
  out.facts.set("platform", Json::string("nvidia-gpu"));
  out.facts.set("signatures_hold", Json::boolean(false));
  TRY(nvidia::UnverifiedGpuReport report, nvidia::UnverifiedGpuReport::parse(bytes));
  add_facts(out, nvidia::describe_gpu_report(report));
  out.facts.set("measurements_judged", Json::boolean(false));
  if (!certificates) return std::unexpected(certificates.error());
  const std::vector<crypto::Sha256Digest> roots(1, nvidia::nvidia_root());
  TRY(const auto chain, nvidia::verify_gpu_chain(*certificates, roots, at));
  out.facts.set("model", Json::string(chain.model()));
  out.facts.set("gpu_id", Json::string(chain.gpu_id().hex()));
  TRY(const auto verified, nvidia::verify_gpu_report(std::move(report), chain, at));
  out.facts.set("signatures_hold", Json::boolean(true));
  return nvidia::check_gpu_mode(verified.report().device());
}

DeviceVerdict judge_one_gpu(BytesView report, const Result<std::vector<Certificate>>& certificates,
                            UnixSeconds at) {
  DeviceVerdict out;
  const Status judged = judge_gpu(report, certificates, at, out);
  if (!judged.has_value()) out.reasons.push_back(judged.error());
  return out;
}

Result<std::vector<Certificate>> read_each(const std::vector<Bytes>& ders) {
  std::vector<Certificate> out;
  for (const Bytes& der : ders) {
    TRY(Certificate certificate, Certificate::from_der(der));
    out.push_back(std::move(certificate));
  }
  return out;
}

// What NVIDIA's tools hand out: the reasons against each, one after the other.
DeviceVerdict judge_list(const std::vector<nvidia::GpuEvidence>& gpus, UnixSeconds at) {
  DeviceVerdict out;
  Json::Array each;
  bool signatures_hold = true;
  for (const nvidia::GpuEvidence& gpu : gpus) {
    const DeviceVerdict one = judge_one_gpu(gpu.report, read_each(gpu.certificates_der), at);
    out.reasons.insert(out.reasons.end(), one.reasons.begin(), one.reasons.end());
    signatures_hold = signatures_hold && *one.facts.find("signatures_hold")->as_boolean();
    each.push_back(one.to_json());
  }
  out.facts.set("platform", Json::string("nvidia-gpu"));
  out.facts.set("signatures_hold", Json::boolean(signatures_hold));
  out.facts.set("gpus", Json::array(std::move(each)));
  return out;
}

}  // namespace

Json DeviceVerdict::to_json() const {
  Json::Array texts;
  for (const Error& reason : reasons) texts.push_back(Json::string(reason_text(reason)));
  Json out = Json::object({{"verdict", Json::string(is_accepted() ? "accept" : "reject")},
                           {"reasons", Json::array(std::move(texts))}});
  for (const auto& [name, value] : *facts.as_object()) out.set(name, value);
  return out;
}

std::optional<DeviceVerdict> judge_device(BytesView evidence, BytesView certificates,
                                          UnixSeconds at) {
  constexpr std::byte kSpdm11{0x11};
  constexpr std::byte kGetMeasurements{0xe0};
  const bool is_gpu =
      evidence.size() > 2 && evidence[0] == kSpdm11 && evidence[1] == kGetMeasurements;
  const bool is_snp = amd::looks_like_snp_evidence(evidence) || evidence.size() == amd::kReportSize;
  if (is_gpu) return judge_one_gpu(evidence, read_certificates(certificates), at);
  if (!is_snp) {
    const auto list = nvidia::parse_evidence_list(evidence);
    return list ? std::optional(judge_list(*list, at)) : std::nullopt;
  }
  DeviceVerdict out;
  const Status judged = judge_snp(evidence, certificates, at, out);
  if (!judged.has_value()) out.reasons.push_back(judged.error());
  return out;
}

}  // namespace cocoon::attest
