#include "attest/inspect_file.h"

#include <algorithm>

#include "attest/amd/describe.h"
#include "attest/amd/evidence.h"
#include "attest/eventlog/describe.h"
#include "attest/evidence.h"
#include "attest/inspect.h"
#include "attest/intel/quote.h"
#include "attest/malformed.h"
#include "attest/nvidia/describe.h"
#include "attest/nvidia/evidence.h"
#include "attest/nvidia/evidence_list.h"

namespace cocoon::attest {
namespace {

using codec::Json;

constexpr std::size_t kCcelSignatureAt = 32;

Json start(const char* kind) {
  return Json::object({{"kind", Json::string(kind)}, {"verified", Json::boolean(false)}});
}

void add_members(Json& out, Json members) {
  for (auto& [name, value] : *members.as_object()) out.set(name, std::move(value));
}

// The bytes that a text in hexadecimal stands for; the file itself if it is no such text.
Bytes decoded(BytesView file) {
  std::string digits(as_text(file));
  std::erase_if(digits, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  if (digits.starts_with("0x")) digits.erase(0, 2);
  const auto bytes = from_hex(digits);
  return bytes.has_value() && !bytes->empty() ? *bytes : to_bytes(file);
}

bool begins_with(BytesView bytes, std::initializer_list<unsigned> values) {
  return bytes.size() >= values.size() &&
         std::equal(values.begin(), values.end(), bytes.begin(),
                    [](unsigned value, std::byte b) { return std::byte(value) == b; });
}

bool is_ccel(BytesView bytes) {
  constexpr std::string_view kSignature = "Spec ID Event03";
  return bytes.size() > kCcelSignatureAt + kSignature.size() &&
         as_text(bytes).substr(kCcelSignatureAt).starts_with(kSignature);
}

// The registers of a TDX quote, if these bytes are one.
std::optional<eventlog::Registers> registers_of(BytesView quote) {
  const auto parsed = intel::UnverifiedQuote::parse(quote);
  if (!parsed.has_value()) return std::nullopt;
  eventlog::Registers out{};
  std::ranges::copy(parsed->body().rtmr, out.begin());
  return out;
}

Result<Json> describe_log(BytesView bytes, const std::optional<eventlog::Registers>& registers) {
  TRY(const eventlog::EventLog log, or_malformed(eventlog::parse_any(bytes), "event log"));
  Json out = start("event log");
  add_members(out, eventlog::describe_log(log, registers));
  return out;
}

Result<Json> describe_snp_report(BytesView bytes) {
  TRY(const auto report, or_malformed(amd::UnverifiedReport::parse(bytes), "SEV-SNP"));
  Json out = start("sev-snp report");
  add_members(out, amd::describe_report(report));
  return out;
}

Result<Json> describe_snp_evidence(BytesView bytes) {
  TRY(const auto evidence, or_malformed(amd::SnpEvidence::decode(bytes), "SEV-SNP"));
  TRY(Json out, describe_snp_report(evidence.report));
  out.set("certificates", Json::number(std::uint64_t{evidence.certificates_der.size()}));
  return out;
}

Result<Json> describe_gpu(BytesView bytes) {
  TRY(const auto report, or_malformed(nvidia::UnverifiedGpuReport::parse(bytes), "GPU"));
  return nvidia::describe_gpu_report(report);
}

Result<Json> describe_gpu_report(BytesView bytes) {
  TRY(Json members, describe_gpu(bytes));
  Json out = start("gpu report");
  add_members(out, std::move(members));
  return out;
}

Result<Json> describe_gpus(const std::vector<nvidia::GpuEvidence>& gpus) {
  Json::Array described;
  for (const nvidia::GpuEvidence& gpu : gpus) {
    TRY(Json one, describe_gpu(gpu.report));
    described.push_back(std::move(one));
  }
  Json out = start("gpu evidence");
  out.set("gpus", Json::array(std::move(described)));
  return out;
}

Result<Json> describe_gpu_evidence(BytesView cbor) {
  TRY(const auto worker, or_malformed(nvidia::WorkerGpus::decode(cbor), "GPU evidence"));
  return describe_gpus(worker.gpus);
}

// dstack: {"quote": hexadecimal, "event_log": JSON in a string, …}.
Result<Json> describe_pair(const Json& document) {
  const Json* const quote_text = document.find("quote");
  const Json* const log_text = document.find("event_log");
  if (quote_text == nullptr || quote_text->as_string() == nullptr || log_text == nullptr ||
      log_text->as_string() == nullptr) {
    return fail(AttestError::kMalformed, "a JSON object that is no quote with its event log");
  }
  TRY(const Bytes quote, or_malformed(from_hex(*quote_text->as_string()), "quote"));
  TRY(Json out, inspect_quote_json(quote));
  TRY(Json log, describe_log(as_bytes(*log_text->as_string()), registers_of(quote)));
  out.set("event_log", std::move(log));
  return out;
}

Result<Json> describe_json(std::string_view text) {
  TRY(const Json document, or_malformed(codec::parse_json(text), "JSON"));
  const Json::Array* const list = document.as_array();
  if (list == nullptr) return describe_pair(document);
  const bool is_log = !list->empty() && list->front().find("imr") != nullptr;
  if (is_log) return describe_log(as_bytes(text), std::nullopt);
  TRY(const auto gpus, or_malformed(nvidia::parse_evidence_list(as_bytes(text)), "GPU evidence"));
  return describe_gpus(gpus);
}

// A bundle with what its log and its GPUs say; a part that cannot be read says why instead.
Result<Json> describe_bundle(BytesView bytes) {
  TRY(Json out, inspect_quote_json(bytes));
  TRY(const EvidenceBundle bundle, EvidenceBundle::decode(bytes));
  const auto add = [&out](const char* name, Result<Json> part) {
    out.set(name, part.has_value() ? *std::move(part) : Json::string(part.error().message()));
  };
  if (!bundle.event_log.empty()) {
    add("event_log", describe_log(bundle.event_log, registers_of(bundle.quote)));
  }
  if (!bundle.gpu_evidence.empty()) add("gpu", describe_gpu_evidence(bundle.gpu_evidence));
  return out;
}

}  // namespace

Result<Json> inspect_file_json(BytesView file) {
  const Bytes bytes = decoded(file);
  if (begins_with(bytes, {0x11, 0xe0})) return describe_gpu_report(bytes);
  if (is_ccel(bytes)) return describe_log(bytes, std::nullopt);
  if (begins_with(bytes, {'['}) || begins_with(bytes, {'{'})) return describe_json(as_text(bytes));
  if (nvidia::looks_like_gpu_evidence(bytes)) return describe_gpu_evidence(bytes);
  if (amd::looks_like_snp_evidence(bytes)) return describe_snp_evidence(bytes);
  if (begins_with(bytes, {0xa6})) return describe_bundle(bytes);
  if (bytes.size() == amd::kReportSize) return describe_snp_report(bytes);
  return inspect_quote_json(bytes);
}

}  // namespace cocoon::attest
