#include "attest/amd/evidence.h"

#include <algorithm>
#include <array>

#include "base/reader.h"
#include "codec/cbor.h"

namespace cocoon::attest::amd {
namespace {

using codec::Cbor;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kCertificatesMax = 3;
constexpr std::size_t kTableBytesMax = 64 * 1024;
constexpr std::size_t kTableEntriesMax = 32;
constexpr std::byte kCborMapOfThree{0xa3};

enum Key : std::int64_t { kKeyVersion = 1, kKeyReport = 2, kKeyCertificates = 3 };

using Guid = ByteArray<16>;

constexpr Guid guid(std::string_view hex) {
  constexpr auto kDigit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Guid out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(kDigit(hex[2 * i]) * 16 + kDigit(hex[2 * i + 1]));
  }
  return out;
}
constexpr Guid kVcek = guid("63da758de6644564adc5f4b93be8accd");
constexpr Guid kVlek = guid("a8074bc2a25a483eaae639c045a0b8a1");
constexpr Guid kAsk = guid("4ab7b379bbac4fe4a02f05aef327c782");
constexpr Guid kArk = guid("c0b406a4a803495297433fb6014cd0ae");

std::unexpected<Error> malformed(const std::string& why) {
  return fail(AmdError::kMalformed, "SEV-SNP evidence: " + why);
}

// Where in a chain a certificate of the table belongs: 0 leaf, 1 ASK, 2 ARK.
std::optional<std::size_t> place_of(const Guid& kind) {
  if (kind == kVcek || kind == kVlek) return 0;
  if (kind == kAsk) return 1;
  if (kind == kArk) return 2;
  return std::nullopt;
}

Result<std::vector<Bytes>> parse_table(BytesView table) {
  if (table.size() > kTableBytesMax) return malformed("certificate table too long");
  std::array<std::optional<Bytes>, kCertificatesMax> found;
  Reader entries(table, Endian::kLittle);
  for (std::size_t i = 0; i < kTableEntriesMax; ++i) {
    TRY(const Guid kind, entries.array<16>());
    TRY(const std::uint32_t offset, entries.u32());
    TRY(const std::uint32_t length, entries.u32());
    if (kind == Guid{}) {
      std::vector<Bytes> out;
      // A chain has no gaps: without its leaf, or above a missing one, nothing is of use.
      for (std::optional<Bytes>& certificate : found) {
        if (!certificate) break;
        out.push_back(*std::move(certificate));
      }
      return out;
    }
    if (offset > table.size() || length > table.size() - offset) {
      return malformed("certificate outside its table");
    }
    const auto place = place_of(kind);
    if (!place) continue;
    if (found[*place]) return malformed("a certificate twice in the table");
    found[*place] = to_bytes(table.subspan(offset, length));
  }
  return malformed("certificate table without end");
}

Result<SnpEvidence> decode_all(BytesView cbor) {
  if (cbor.size() > kSnpEvidenceBytesMax) return malformed("too long");
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 3, .items = 16}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) return fail(AmdError::kUnsupported, "SEV-SNP evidence: version");
  TRY(const BytesView report, fields.bytes(kKeyReport));
  TRY(const Cbor* const list, fields.required(kKeyCertificates));
  TRY_VOID(fields.finish());
  TRY(const Cbor::Array* const certificates, list->as_array());
  if (certificates->empty() || certificates->size() > kCertificatesMax) {
    return malformed("number of certificates");
  }
  SnpEvidence out;
  out.report = to_bytes(report);
  for (const Cbor& certificate : *certificates) {
    TRY(const BytesView der, certificate.as_bytes());
    out.certificates_der.push_back(to_bytes(der));
  }
  return out;
}

template <class T>
Result<T> or_malformed(Result<T> result) {
  if (result.has_value() || result.error().library() == Library::kAttestAmd) return result;
  return malformed(result.error().message());
}

}  // namespace

Bytes SnpEvidence::encode() const {
  const auto key = [](std::int64_t number) { return Cbor::integer(number); };
  Cbor::Array certificates;
  for (const Bytes& der : certificates_der) certificates.push_back(Cbor::bytes(der));
  return codec::encode_cbor(
      Cbor::map({{key(kKeyVersion), Cbor::unsigned_integer(kVersion)},
                 {key(kKeyReport), Cbor::bytes(report)},
                 {key(kKeyCertificates), Cbor::array(std::move(certificates))}}));
}

Result<SnpEvidence> SnpEvidence::decode(BytesView cbor) { return or_malformed(decode_all(cbor)); }

bool looks_like_snp_evidence(BytesView bytes) {
  return !bytes.empty() && bytes[0] == kCborMapOfThree;
}

Result<std::vector<Bytes>> parse_certificate_table(BytesView table) {
  return or_malformed(parse_table(table));
}

Result<VerifiedReport> verify_snp_evidence(BytesView cbor,
                                           std::span<const crypto::Sha256Digest> roots,
                                           UnixSeconds at, EndorsementCache& cache) {
  TRY(const SnpEvidence evidence, SnpEvidence::decode(cbor));
  TRY(UnverifiedReport report, UnverifiedReport::parse(evidence.report));
  TRY(const VerifiedEndorsement endorsement, cache.verify(evidence.certificates_der, roots, at));
  return verify_report(std::move(report), endorsement, at);
}

}  // namespace cocoon::attest::amd
