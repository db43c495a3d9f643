#include "attest/amd/report.h"

#include <algorithm>

#include "base/reader.h"

// Offsets: AMD 56860, SEV Secure Nested Paging Firmware ABI, "ATTESTATION_REPORT".
namespace cocoon::attest::amd {
namespace {

constexpr std::size_t kSignedSize = 0x2a0;
constexpr std::uint32_t kAlgorithmP384Sha384 = 1;
constexpr std::uint32_t kMaskChipKey = 1U << 1U;
constexpr std::uint32_t kSigningKeyShift = 2;
constexpr std::uint32_t kSigningKeyMask = 7;
constexpr std::uint32_t kKeyInfoKnown = 0x1f;
constexpr std::size_t kIntegerFieldSize = 72;  // of the signature's r and s, little-endian

Status expect_zeros(Reader& in, std::size_t count) {
  TRY(const BytesView bytes, in.take(count));
  if (!std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; })) {
    return fail(AmdError::kMalformed, "a reserved byte is set");
  }
  return {};
}

// Versions 3 and up say which processor this is, where version 2 has zeros.
Status parse_cpu_id(Reader& in, ReportBody& out) {
  if (out.version < 3) return expect_zeros(in, 24);
  CpuId cpu;
  TRY(cpu.family, in.u8());
  TRY(cpu.model, in.u8());
  TRY(cpu.stepping, in.u8());
  out.cpu_id = cpu;
  return expect_zeros(in, 21);
}

// Firmware build, minor and major of one kind, then a reserved byte.
Status skip_firmware_version(Reader& in) {
  TRY_VOID(in.take(3));
  return expect_zeros(in, 1);
}

// From LAUNCH_TCB to the signature; version 5 adds two vectors of mitigations, which are not
// judged.
Status parse_end(Reader& in, ReportBody& out) {
  TRY(out.committed_tcb, in.array<8>());
  TRY_VOID(skip_firmware_version(in));
  TRY_VOID(skip_firmware_version(in));
  TRY(out.launch_tcb, in.array<8>());
  if (out.version >= 5) {
    TRY_VOID(in.take(16));
    return expect_zeros(in, 152);
  }
  return expect_zeros(in, 168);
}

Result<ReportBody> parse_body(Reader& in) {
  ReportBody out;
  TRY(out.version, in.u32());
  if (out.version < 2 || out.version > 5) {
    return fail(AmdError::kUnsupported, "version " + std::to_string(out.version));
  }
  TRY(out.guest_svn, in.u32());
  TRY(out.policy, in.u64());
  TRY(out.family_id, in.array<16>());
  TRY(out.image_id, in.array<16>());
  TRY(out.vmpl, in.u32());
  TRY(const std::uint32_t algorithm, in.u32());
  if (algorithm != kAlgorithmP384Sha384) {
    return fail(AmdError::kUnsupported, "signature algorithm");
  }
  TRY(out.current_tcb, in.array<8>());
  TRY(out.platform_info, in.u64());
  TRY(out.key_info, in.u32());
  TRY_VOID(expect_zeros(in, 4));
  TRY(out.report_data, in.array<64>());
  TRY(out.measurement, in.array<48>());
  TRY(out.host_data, in.array<32>());
  TRY(out.id_key_digest, in.array<48>());
  TRY(out.author_key_digest, in.array<48>());
  TRY(out.report_id, in.array<32>());
  TRY(out.report_id_ma, in.array<32>());
  TRY(out.reported_tcb, in.array<8>());
  TRY_VOID(parse_cpu_id(in, out));
  TRY(out.chip_id, in.array<64>());
  TRY_VOID(parse_end(in, out));
  return out;
}

Result<KeyKind> parse_key_kind(std::uint32_t key_info) {
  if ((key_info & ~kKeyInfoKnown) != 0) {
    return fail(AmdError::kMalformed, "a reserved bit of the key's description is set");
  }
  if ((key_info & kMaskChipKey) != 0) {
    return fail(AmdError::kUnsupported, "the chip key is masked, so nothing signs the report");
  }
  switch ((key_info >> kSigningKeyShift) & kSigningKeyMask) {
    case 0:
      return KeyKind::kVcek;
    case 1:
      return KeyKind::kVlek;
    default:
      return fail(AmdError::kUnsupported, "signed by neither VCEK nor VLEK");
  }
}

// One integer of the signature, turned big-endian.
Status parse_integer(Reader& in, MutableBytesView out) {
  TRY(const BytesView bytes, in.take(out.size()));
  std::ranges::reverse_copy(bytes, out.begin());
  return expect_zeros(in, kIntegerFieldSize - out.size());
}

Result<crypto::P384Signature> parse_signature(Reader& in) {
  ByteArray<96> raw{};
  TRY_VOID(parse_integer(in, MutableBytesView(raw).first(48)));
  TRY_VOID(parse_integer(in, MutableBytesView(raw).last(48)));
  TRY_VOID(expect_zeros(in, 368));
  return crypto::P384Signature(raw);
}

}  // namespace

Result<UnverifiedReport> UnverifiedReport::parse(BytesView bytes) {
  const auto parse_all = [bytes]() -> Result<UnverifiedReport> {
    if (bytes.size() != kReportSize) {
      return fail(AmdError::kMalformed, "not 1184 bytes but " + std::to_string(bytes.size()));
    }
    Reader in(bytes, Endian::kLittle);
    UnverifiedReport out;
    TRY(out.body_, parse_body(in));
    TRY(out.key_kind_, parse_key_kind(out.body_.key_info));
    TRY(out.signature_, parse_signature(in));
    TRY_VOID(in.expect_end());
    out.bytes_ = to_bytes(bytes);
    return out;
  };
  Result<UnverifiedReport> out = parse_all();
  if (out.has_value()) return out;
  return std::unexpected(std::move(out).error().with_context("SEV-SNP report"));
}

BytesView UnverifiedReport::signed_part() const { return BytesView(bytes_).first(kSignedSize); }

}  // namespace cocoon::attest::amd
