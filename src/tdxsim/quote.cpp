#include <algorithm>

#include "base/check.h"
#include "base/reader.h"
#include "tdxsim/collateral.h"

// The layout is docs/formats/tdx-quote.md's.
namespace cocoon::tdxsim {
namespace {

using attest::intel::kQeVendorIntel;
using attest::intel::TdBody;

ByteArray<64> given_or_flipped(ByteArray<64> report_data, QuoteOptions::ReportData how) {
  switch (how) {
    case QuoteOptions::ReportData::kAsGiven:
      break;
    case QuoteOptions::ReportData::kFirstBitFlipped:
      report_data[0] ^= std::byte{0x80};
      break;
  }
  return report_data;
}

Bytes header_and_body(const ByteArray<64>& report_data, const Measurements& measurements,
                      const QuoteOptions& options) {
  Writer out(Endian::kLittle);
  out.u16(options.version).u16(2).u32(0x81).zeros(4).bytes(kQeVendorIntel).zeros(20);
  const bool is_extended = options.kind == TdBody::Kind::kTd15Extended;
  if (options.version == 5) out.u16(is_extended ? 4 : 3).u32(is_extended ? 885 : 648);
  out.bytes(options.tee_tcb_svn);
  out.bytes(crypto::sha384(label("cocoon/1 tdx-sim mrseam")));
  out.bytes(options.mr_signer_seam).bytes(options.seam_attributes);
  out.u64(options.td_attributes).bytes(measurements.xfam).bytes(measurements.mrtd);
  out.zeros(3 * 48);  // MRCONFIGID, MROWNER, MROWNERCONFIG
  out.bytes(measurements.rtmr0).bytes(measurements.rtmr1).bytes(measurements.rtmr2);
  out.bytes(options.rtmr3);
  out.bytes(given_or_flipped(report_data, options.report_data));
  if (options.version == 5) out.bytes(options.tee_tcb_svn2).bytes(options.mr_service_td);
  if (options.version == 5 && is_extended) {
    out.zeros(1 + 32).bytes(options.device_info).zeros(48 + 8);
    out.zeros(16 + 16 + 12).bytes(options.service_td_hash).zeros(8);
  }
  return std::move(out).take();
}

Bytes qe_report(BytesView attestation_key, BytesView authentication_data,
                const QuoteOptions& options) {
  Writer out(Endian::kLittle);
  out.zeros(16).u32(0).zeros(28);
  out.u64(options.qe_attributes).u64(0xe7);  // FLAGS and XFRM
  out.bytes(crypto::sha256(label("cocoon/1 tdx-sim qe mrenclave"))).zeros(32);
  out.bytes(qe_mr_signer()).zeros(96);
  out.u16(2).u16(options.qe_isv_svn).zeros(60);  // ISVPRODID of the TD quoting enclave, ISVSVN
  out.bytes(crypto::sha256({attestation_key, authentication_data})).zeros(32);
  return std::move(out).take();
}

constexpr std::size_t kOffsetOfS = 48 + 584 + 4 + 32;  // behind header, body, length and r
// The order of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3).
constexpr std::string_view kOrder =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

}  // namespace

Measurements default_measurements() {
  return {.mrtd = crypto::sha384(label("cocoon/1 tdx-sim mrtd")),
          .rtmr0 = crypto::sha384(label("cocoon/1 tdx-sim rtmr0")),
          .rtmr1 = crypto::sha384(label("cocoon/1 tdx-sim rtmr1")),
          .rtmr2 = crypto::sha384(label("cocoon/1 tdx-sim rtmr2")),
          .xfam = {std::byte{0xe7}, std::byte{0x02}, std::byte{0x06}}};
}

attest::Image image_of(const Measurements& measurements) {
  return {.name = "tdx-sim",
          .mrtd = measurements.mrtd,
          .rtmr1 = measurements.rtmr1,
          .rtmr2 = measurements.rtmr2,
          .shapes = {
              {.name = "sim", .rtmr0 = measurements.rtmr0, .xfam = measurements.xfam, .gpus = {}}}};
}

Measurements measurements_of(const attest::Image& image) {
  Measurements out{
      .mrtd = image.mrtd, .rtmr0 = {}, .rtmr1 = image.rtmr1, .rtmr2 = image.rtmr2, .xfam = {}};
  if (!image.shapes.empty()) {
    out.rtmr0 = image.shapes.front().rtmr0;
    out.xfam = image.shapes.front().xfam;
  }
  return out;
}

Result<Bytes> Platform::quote(const ByteArray<64>& report_data, const Measurements& measurements,
                              const QuoteOptions& options) const {
  const Bytes signed_part = header_and_body(report_data, measurements, options);
  TRY(const crypto::P256Signature signature, attestation_.sign(signed_part));

  ByteArray<32> authentication_data{};
  for (std::size_t i = 0; i < authentication_data.size(); ++i) {
    authentication_data[i] = static_cast<std::byte>(i);
  }
  const Bytes report = qe_report(attestation_.public_key().view(), authentication_data, options);
  TRY(const crypto::P256Signature report_signature, pck_.sign(report));
  std::string pem;
  for (const crypto::Certificate& certificate : chain_) pem += to_pem(certificate);

  Writer certification(Endian::kLittle);
  certification.bytes(report).bytes(report_signature.view());
  certification.u16(static_cast<std::uint16_t>(authentication_data.size()));
  certification.bytes(authentication_data);
  certification.u16(5).u32(static_cast<std::uint32_t>(pem.size())).bytes(as_bytes(pem));

  Writer block(Endian::kLittle);
  block.bytes(signature.view()).bytes(attestation_.public_key().view());
  block.u16(6).u32(static_cast<std::uint32_t>(certification.view().size()));
  block.bytes(certification.view());

  Writer out(Endian::kLittle);
  out.bytes(signed_part).u32(static_cast<std::uint32_t>(block.view().size())).bytes(block.view());
  return std::move(out).take();
}

Bytes with_negated_s(Bytes quote) {
  const Bytes order = from_hex(kOrder).value();
  COCOON_CHECK(quote.size() >= kOffsetOfS + order.size());
  int borrow = 0;
  for (std::size_t i = order.size(); i-- > 0;) {
    std::byte& digit = quote[kOffsetOfS + i];
    const int difference = std::to_integer<int>(order[i]) - std::to_integer<int>(digit) - borrow;
    borrow = difference < 0 ? 1 : 0;
    digit = static_cast<std::byte>(difference & 0xff);
  }
  return quote;
}

}  // namespace cocoon::tdxsim
