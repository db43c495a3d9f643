#include "attest/evidence.h"

#include "attest/amd/evidence.h"
#include "attest/intel/quote.h"
#include "attest/malformed.h"
#include "attest/policy.h"
#include "codec/cbor.h"

namespace cocoon::attest {
namespace {

using codec::Cbor;

constexpr std::uint64_t kVersion = 1;

enum Key : std::int64_t {
  kKeyVersion = 1,
  kKeyStatement = 2,
  kKeyQuote = 3,
  kKeyConfiguration = 4,
  kKeyGpuEvidence = 5,
  kKeyEventLog = 6,
};

Result<ImageHash> guest_image(BytesView evidence) {
  TRY(const amd::SnpEvidence parts, amd::SnpEvidence::decode(evidence));
  TRY(const auto report, amd::UnverifiedReport::parse(parts.report));
  return image_hash_of(SnpShape{.name = {}, .measurement = report.body().measurement, .gpus = {}});
}

Result<ImageHash> td_image(BytesView quote) {
  TRY(const auto parsed, intel::UnverifiedQuote::parse(quote));
  const intel::TdBody& body = parsed.body();
  return image_hash_of(
      Image{.name = {},
            .mrtd = body.mrtd,
            .rtmr1 = body.rtmr[1],
            .rtmr2 = body.rtmr[2],
            .shapes = {}},
      MachineShape{.name = {}, .rtmr0 = body.rtmr[0], .xfam = body.xfam, .gpus = {}});
}

Result<EvidenceBundle> decode_bundle(BytesView cbor) {
  if (cbor.size() > kEvidenceBytesMax) {
    return fail(AttestError::kMalformed, "over " + std::to_string(kEvidenceBytesMax) + " bytes");
  }
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 2, .items = 32}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) return fail(AttestError::kUnsupported, "unknown version");
  EvidenceBundle out;
  TRY(const BytesView statement, fields.bytes(kKeyStatement));
  TRY(const BytesView quote, fields.bytes(kKeyQuote));
  TRY(const BytesView configuration, fields.bytes(kKeyConfiguration));
  TRY(const BytesView gpu_evidence, fields.bytes(kKeyGpuEvidence));
  TRY(const BytesView event_log, fields.bytes(kKeyEventLog));
  TRY_VOID(fields.finish());
  out.statement = to_bytes(statement);
  out.quote = to_bytes(quote);
  out.configuration = to_bytes(configuration);
  out.gpu_evidence = to_bytes(gpu_evidence);
  out.event_log = to_bytes(event_log);
  return out;
}

}  // namespace

Bytes EvidenceBundle::encode() const {
  return codec::encode_cbor(Cbor::map({
      {Cbor::unsigned_integer(kKeyVersion), Cbor::unsigned_integer(kVersion)},
      {Cbor::unsigned_integer(kKeyStatement), Cbor::bytes(statement)},
      {Cbor::unsigned_integer(kKeyQuote), Cbor::bytes(quote)},
      {Cbor::unsigned_integer(kKeyConfiguration), Cbor::bytes(configuration)},
      {Cbor::unsigned_integer(kKeyGpuEvidence), Cbor::bytes(gpu_evidence)},
      {Cbor::unsigned_integer(kKeyEventLog), Cbor::bytes(event_log)},
  }));
}

Result<EvidenceBundle> EvidenceBundle::decode(BytesView cbor) {
  return or_malformed(decode_bundle(cbor), "evidence");
}

Result<ImageHash> measured_image(BytesView quote) {
  return amd::looks_like_snp_evidence(quote) ? or_malformed(guest_image(quote), "SEV-SNP evidence")
                                             : or_malformed(td_image(quote), "quote");
}

}  // namespace cocoon::attest
