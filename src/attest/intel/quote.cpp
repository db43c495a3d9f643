#include "attest/intel/quote.h"

#include "attest/intel/malformed.h"
#include "base/reader.h"

// Offsets and sizes: Intel TDX DCAP Quoting Library API, "Quote Format"; docs/formats/tdx-quote.md.
namespace cocoon::attest::intel {
namespace {

constexpr std::uint16_t kKeyTypeP256 = 2;
constexpr std::uint32_t kTeeTdx = 0x81;
constexpr std::uint16_t kCertificationQeReport = 6;
constexpr std::uint16_t kCertificationPckChain = 5;
constexpr std::size_t kQeReportSize = 384;
constexpr std::size_t kAuthenticationDataMax = 1024;

Result<std::size_t> body_size(TdBody::Kind kind) {
  switch (kind) {
    case TdBody::Kind::kTd10:
      return 584;
    case TdBody::Kind::kTd15:
      return 648;
    case TdBody::Kind::kTd15Extended:
      return 885;
  }
  return fail(IntelError::kUnsupported, "body that is not a trust domain's");
}

Result<TdBodyExtended> parse_extension(Reader& in) {
  TdBodyExtended out;
  TRY(out.vm_id, in.u8());
  TRY(out.td_id, in.array<32>());
  TRY(out.device_info, in.array<48>());
  TRY(out.first_service_td_hash, in.array<48>());
  TRY(out.first_service_td_attributes, in.array<8>());
  TRY(out.first_cpu_svn, in.array<16>());
  TRY(out.first_tee_tcb_svn, in.array<16>());
  TRY(out.first_fmspc, in.array<12>());
  TRY(out.service_td_hash, in.array<48>());
  TRY(out.service_td_attributes, in.array<8>());
  return out;
}

Result<TdBody> parse_body(TdBody::Kind kind, BytesView bytes) {
  Reader in(bytes, Endian::kLittle);
  TdBody out;
  out.kind = kind;
  TRY(out.tee_tcb_svn, in.array<16>());
  TRY(out.mr_seam, in.array<48>());
  TRY(out.mr_signer_seam, in.array<48>());
  TRY(out.seam_attributes, in.array<8>());
  TRY(out.td_attributes, in.u64());
  TRY(out.xfam, in.array<8>());
  TRY(out.mrtd, in.array<48>());
  TRY(out.mr_config_id, in.array<48>());
  TRY(out.mr_owner, in.array<48>());
  TRY(out.mr_owner_config, in.array<48>());
  for (crypto::Sha384Digest& rtmr : out.rtmr) {
    TRY(rtmr, in.array<48>());
  }
  TRY(out.report_data, in.array<64>());
  if (kind != TdBody::Kind::kTd10) {
    TdBody15 more;
    TRY(more.tee_tcb_svn2, in.array<16>());
    TRY(more.mr_service_td, in.array<48>());
    out.td15 = more;
  }
  if (kind == TdBody::Kind::kTd15Extended) {
    TRY(out.extended, parse_extension(in));
  }
  TRY_VOID(in.expect_end());
  return out;
}

Result<QeReport> parse_qe_report(BytesView bytes) {
  Reader in(bytes, Endian::kLittle);
  QeReport out;
  TRY(out.cpu_svn, in.array<16>());
  TRY(out.misc_select, in.u32());
  TRY_VOID(in.take(28));
  TRY(out.attributes, in.array<16>());
  TRY(out.mr_enclave, in.array<32>());
  TRY_VOID(in.take(32));
  TRY(out.mr_signer, in.array<32>());
  TRY_VOID(in.take(96));
  TRY(out.isv_prod_id, in.u16());
  TRY(out.isv_svn, in.u16());
  TRY_VOID(in.take(60));
  TRY(out.report_data, in.array<64>());
  TRY_VOID(in.expect_end());
  return out;
}

// The header's fields up to the body; returns the version.
Result<std::uint16_t> parse_header(Reader& in) {
  TRY(const std::uint16_t version, in.u16());
  TRY(const std::uint16_t key_type, in.u16());
  TRY(const std::uint32_t tee_type, in.u32());
  TRY_VOID(in.take(4));
  TRY(const BytesView vendor, in.take(16));
  TRY_VOID(in.take(20));
  if (version != 4 && version != 5) {
    return fail(IntelError::kUnsupported, "version " + std::to_string(version));
  }
  if (key_type != kKeyTypeP256) return fail(IntelError::kUnsupported, "attestation key type");
  if (tee_type != kTeeTdx) return fail(IntelError::kUnsupported, "TEE type that is not TDX");
  if (!equal(vendor, kQeVendorIntel)) return fail(IntelError::kUnsupported, "QE vendor");
  return version;
}

}  // namespace

ByteArray<8> TdBody::td_attribute_bytes() const {
  ByteArray<8> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(td_attributes >> (8 * i) & 0xffU);
  }
  return out;
}

Result<UnverifiedQuote> UnverifiedQuote::parse(BytesView bytes) {
  const auto parse_all = [&]() -> Result<UnverifiedQuote> {
    const BytesView bounded = bytes.first(std::min(bytes.size(), kQuoteBytesMax));
    Reader in(bounded, Endian::kLittle);
    UnverifiedQuote out;
    TRY(out.version_, parse_header(in));
    auto kind = TdBody::Kind::kTd10;
    std::size_t declared_size = 0;
    if (out.version_ == 5) {
      TRY(const std::uint16_t body_type, in.u16());
      TRY(const std::uint32_t size, in.u32());
      kind = static_cast<TdBody::Kind>(body_type);
      declared_size = size;
    }
    TRY(const std::size_t size, body_size(kind));
    if (out.version_ == 5 && declared_size != size) {
      return fail(IntelError::kMalformed, "body size that does not fit its type");
    }
    TRY(const BytesView body, in.take(size));
    TRY(out.body_, parse_body(kind, body));
    out.signed_size_ = bounded.size() - in.remaining();
    TRY(const std::uint32_t signature_size, in.u32());
    TRY(const BytesView signature, in.take(signature_size));
    TRY_VOID(out.parse_signature(signature));
    out.bytes_ = to_bytes(bounded.first(bounded.size() - in.remaining()));
    return out;
  };
  return or_malformed(parse_all(), "quote");
}

Status UnverifiedQuote::parse_signature(BytesView block) {
  Reader in(block, Endian::kLittle);
  TRY(signature_, in.tagged<crypto::P256Signature>());
  TRY(attestation_key_, in.tagged<crypto::P256PublicKey>());
  TRY(const std::uint16_t type, in.u16());
  if (type != kCertificationQeReport) {
    return fail(IntelError::kUnsupported, "certification data that is no QE report");
  }
  TRY(const std::uint32_t size, in.u32());
  TRY(const BytesView certification, in.take(size));
  TRY_VOID(in.expect_end());
  return parse_qe_certification(certification);
}

Status UnverifiedQuote::parse_qe_certification(BytesView block) {
  Reader in(block, Endian::kLittle);
  TRY(const BytesView report, in.take(kQeReportSize));
  qe_report_bytes_ = to_bytes(report);
  TRY(qe_report_, parse_qe_report(report));
  TRY(qe_report_signature_, in.tagged<crypto::P256Signature>());
  TRY(const std::uint16_t authentication_size, in.u16());
  if (authentication_size > kAuthenticationDataMax) {
    return fail(IntelError::kMalformed, "QE authentication data too long");
  }
  TRY(const BytesView authentication, in.take(authentication_size));
  qe_authentication_data_ = to_bytes(authentication);
  TRY(const std::uint16_t type, in.u16());
  if (type != kCertificationPckChain) {
    return fail(IntelError::kUnsupported, "QE certification that is no PCK chain");
  }
  TRY(const std::uint32_t size, in.u32());
  TRY(const BytesView certificates, in.take(size));
  certificates_ = to_bytes(certificates);
  return in.expect_end();
}

}  // namespace cocoon::attest::intel
