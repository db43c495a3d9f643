#include "attest/nvidia/evidence_list.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/certificate.h"

namespace cocoon::attest::nvidia {
namespace {

using codec::Json;

constexpr std::size_t kCertificates = 5;

std::unexpected<Error> malformed(const std::string& why) {
  return fail(NvidiaError::kMalformed, "list of GPU evidence: " + why);
}

Result<Bytes> base64_member(const Json& item, std::string_view name) {
  const Json* const value = item.as_object() == nullptr ? nullptr : item.find(name);
  if (value == nullptr || value->as_string() == nullptr) {
    return malformed("no " + std::string(name));
  }
  return codec::from_base64(*value->as_string());
}

Result<GpuEvidence> parse_item(const Json& item) {
  GpuEvidence out;
  TRY(out.report, base64_member(item, "evidence"));
  TRY(const Bytes pem, base64_member(item, "certificate"));
  TRY(const auto chain, crypto::Certificate::from_pem_chain(as_text(pem), kCertificates));
  for (const crypto::Certificate& certificate : chain) {
    out.certificates_der.push_back(certificate.der());
  }
  return out;
}

Result<std::vector<GpuEvidence>> parse_all(BytesView json) {
  if (json.size() > kEvidenceListBytesMax) return malformed("too long");
  TRY(const Json document, codec::parse_json(as_text(json), {.depth = 4, .nodes = 1024}));
  const Json::Array* const items = document.as_array();
  if (items == nullptr || items->empty() || items->size() > kGpusMax) {
    return malformed("not a list of one to sixteen GPUs");
  }
  std::vector<GpuEvidence> out;
  for (const Json& item : *items) {
    TRY(GpuEvidence gpu, parse_item(item));
    out.push_back(std::move(gpu));
  }
  return out;
}

}  // namespace

Result<std::vector<GpuEvidence>> parse_evidence_list(BytesView json) {
  auto out = parse_all(json);
  if (out.has_value() || out.error().library() == Library::kAttestNvidia) return out;
  return malformed(out.error().message());
}

}  // namespace cocoon::attest::nvidia
