#include "attest/nvidia/evidence.h"

#include "codec/cbor.h"

namespace cocoon::attest::nvidia {
namespace {

using codec::Cbor;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kCertificates = 5;

enum Key : std::int64_t { kKeyVersion = 1, kKeyGpus = 2 };
enum GpuKey : std::int64_t { kKeyReport = 1, kKeyCertificates = 2 };

std::unexpected<Error> malformed(const std::string& why) {
  return fail(NvidiaError::kMalformed, "GPU evidence: " + why);
}

Result<GpuEvidence> decode_gpu(const Cbor& item) {
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const BytesView report, fields.bytes(kKeyReport));
  TRY(const Cbor* const list, fields.required(kKeyCertificates));
  TRY_VOID(fields.finish());
  TRY(const Cbor::Array* const certificates, list->as_array());
  if (certificates->size() != kCertificates) return malformed("not five certificates");
  GpuEvidence out;
  out.report = to_bytes(report);
  for (const Cbor& certificate : *certificates) {
    TRY(const BytesView der, certificate.as_bytes());
    out.certificates_der.push_back(to_bytes(der));
  }
  return out;
}

Result<std::vector<GpuEvidence>> decode_all(BytesView cbor) {
  if (cbor.size() > kGpuEvidenceBytesMax) return malformed("too long");
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 5, .items = 512}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) return fail(NvidiaError::kUnsupported, "GPU evidence: version");
  TRY(const Cbor* const list, fields.required(kKeyGpus));
  TRY_VOID(fields.finish());
  TRY(const Cbor::Array* const gpus, list->as_array());
  if (gpus->empty() || gpus->size() > kGpusMax) return malformed("number of GPUs");
  std::vector<GpuEvidence> out;
  for (const Cbor& gpu : *gpus) {
    TRY(GpuEvidence decoded, decode_gpu(gpu));
    out.push_back(std::move(decoded));
  }
  return out;
}

}  // namespace

Bytes encode_gpu_evidence(const std::vector<GpuEvidence>& gpus) {
  const auto key = [](std::int64_t number) { return Cbor::integer(number); };
  Cbor::Array list;
  for (const GpuEvidence& gpu : gpus) {
    Cbor::Array certificates;
    for (const Bytes& der : gpu.certificates_der) certificates.push_back(Cbor::bytes(der));
    list.push_back(Cbor::map({{key(kKeyReport), Cbor::bytes(gpu.report)},
                              {key(kKeyCertificates), Cbor::array(std::move(certificates))}}));
  }
  return codec::encode_cbor(Cbor::map({{key(kKeyVersion), Cbor::unsigned_integer(kVersion)},
                                       {key(kKeyGpus), Cbor::array(std::move(list))}}));
}

Result<std::vector<GpuEvidence>> decode_gpu_evidence(BytesView cbor) {
  auto out = decode_all(cbor);
  if (out.has_value() || out.error().library() == Library::kAttestNvidia) return out;
  return malformed(out.error().message());
}

Result<std::vector<JudgedGpu>> verify_gpu_evidence(BytesView cbor, const ByteArray<32>& nonce,
                                                   const GpuPolicy& policy,
                                                   std::span<const crypto::Sha256Digest> roots,
                                                   UnixSeconds at, GpuChainCache& cache) {
  TRY(const auto gpus, decode_gpu_evidence(cbor));
  std::vector<JudgedGpu> out;
  std::set<GpuId> seen;
  for (const GpuEvidence& gpu : gpus) {
    TRY(UnverifiedGpuReport report, UnverifiedGpuReport::parse(gpu.report));
    TRY(const VerifiedGpuChain chain, cache.verify(gpu.certificates_der, roots, at));
    TRY(const VerifiedGpuReport verified, verify_gpu_report(std::move(report), chain, at));
    TRY_VOID(check_gpu(verified, nonce, policy));
    if (!seen.insert(chain.gpu_id()).second) return malformed("one GPU twice");
    const DeviceInfo& device = verified.report().device();
    out.push_back({.id = chain.gpu_id(),
                   .model = chain.model(),
                   .driver_version = device.driver_version,
                   .vbios_version = device.vbios_version});
  }
  return out;
}

}  // namespace cocoon::attest::nvidia
