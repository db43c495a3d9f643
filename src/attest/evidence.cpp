#include "attest/evidence.h"

#include "attest/malformed.h"
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

}  // namespace cocoon::attest
