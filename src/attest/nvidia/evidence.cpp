#include "attest/nvidia/evidence.h"

#include <set>

#include "codec/cbor.h"

namespace cocoon::attest::nvidia {
namespace {

using codec::Cbor;

constexpr std::uint64_t kVersion = 2;
// A map of four (RFC 8949 §3.1).
constexpr std::byte kFirstByte{0xa4};
constexpr std::size_t kCertificates = 5;

enum Key : std::int64_t { kKeyVersion = 1, kKeyGpus = 2, kKeyGolden = 3, kKeySignature = 4 };
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

Result<WorkerGpus> decode_all(BytesView cbor) {
  if (cbor.size() > kGpuEvidenceBytesMax) return malformed("too long");
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 5, .items = 512}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) return fail(NvidiaError::kUnsupported, "GPU evidence: version");
  TRY(const Cbor* const list, fields.required(kKeyGpus));
  TRY(const BytesView golden, fields.bytes(kKeyGolden));
  TRY(const BytesView signature, fields.bytes(kKeySignature));
  TRY_VOID(fields.finish());
  TRY(const Cbor::Array* const gpus, list->as_array());
  if (gpus->empty() || gpus->size() > kGpusMax) return malformed("number of GPUs");
  WorkerGpus out;
  out.golden.json = to_bytes(golden);
  TRY(out.golden.signature, crypto::Ed25519Signature::from(signature));
  for (const Cbor& gpu : *gpus) {
    TRY(GpuEvidence decoded, decode_gpu(gpu));
    out.gpus.push_back(std::move(decoded));
  }
  return out;
}

Result<GoldenSet> open_golden(const SignedGolden& golden,
                              const std::vector<crypto::Ed25519PublicKey>& keys) {
  if (keys.empty()) {
    return fail(NvidiaError::kNoGolden, "the policy names nobody who vouches for GPUs");
  }
  for (const crypto::Ed25519PublicKey& key : keys) {
    auto opened = GoldenSet::open(golden.json, golden.signature, key);
    if (opened.has_value() || !opened.error().is(NvidiaError::kBadSignature)) return opened;
  }
  return fail(NvidiaError::kBadSignature,
              "golden measurements: no key of the policy's has signed them");
}

}  // namespace

Bytes WorkerGpus::encode() const {
  const auto key = [](std::int64_t number) { return Cbor::integer(number); };
  Cbor::Array list;
  for (const GpuEvidence& gpu : gpus) {
    Cbor::Array certificates;
    for (const Bytes& der : gpu.certificates_der) certificates.push_back(Cbor::bytes(der));
    list.push_back(Cbor::map({{key(kKeyReport), Cbor::bytes(gpu.report)},
                              {key(kKeyCertificates), Cbor::array(std::move(certificates))}}));
  }
  return codec::encode_cbor(
      Cbor::map({{key(kKeyVersion), Cbor::unsigned_integer(kVersion)},
                 {key(kKeyGpus), Cbor::array(std::move(list))},
                 {key(kKeyGolden), Cbor::bytes(golden.json)},
                 {key(kKeySignature), Cbor::bytes(golden.signature.view())}}));
}

bool looks_like_gpu_evidence(BytesView bytes) { return !bytes.empty() && bytes[0] == kFirstByte; }

Result<WorkerGpus> WorkerGpus::decode(BytesView cbor) {
  auto out = decode_all(cbor);
  if (out.has_value() || out.error().library() == Library::kAttestNvidia) return out;
  return malformed(out.error().message());
}

Result<std::vector<JudgedGpu>> verify_gpu_evidence(BytesView cbor, const ByteArray<32>& nonce,
                                                   const GpuPolicy& policy, UnixSeconds at,
                                                   GpuChainCache& cache) {
  TRY(const WorkerGpus worker, WorkerGpus::decode(cbor));
  TRY(const GoldenSet golden, open_golden(worker.golden, policy.golden_keys));
  std::vector<JudgedGpu> out;
  std::set<GpuId> seen;
  for (const GpuEvidence& gpu : worker.gpus) {
    TRY(UnverifiedGpuReport report, UnverifiedGpuReport::parse(gpu.report));
    TRY(const VerifiedGpuChain chain, cache.verify(gpu.certificates_der, policy.roots, at));
    TRY(const VerifiedGpuReport verified, verify_gpu_report(std::move(report), chain, at));
    TRY_VOID(check_gpu(verified, nonce, golden, policy));
    if (!seen.insert(chain.gpu_id()).second) return malformed("one GPU twice");
    const DeviceInfo& device = verified.report().device();
    out.push_back({.id = chain.gpu_id(),
                   .model = chain.model(),
                   .driver_version = device.driver_version,
                   .vbios_version = device.vbios_version,
                   .valid_until = chain.valid_until()});
  }
  return out;
}

}  // namespace cocoon::attest::nvidia
