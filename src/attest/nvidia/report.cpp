#include "attest/nvidia/report.h"

#include "attest/nvidia/device_info.h"
#include "base/reader.h"

// Layout: DMTF DSP0274 1.1 "GET_MEASUREMENTS" and "MEASUREMENTS"; docs/formats/gpu-report.md.
namespace cocoon::attest::nvidia {
namespace {

constexpr std::uint8_t kSpdm11 = 0x11;
constexpr std::uint8_t kGetMeasurements = 0xe0;
constexpr std::uint8_t kMeasurements = 0x60;
constexpr std::uint8_t kWithSignature = 0x01;
constexpr std::uint8_t kAllMeasurements = 0xff;
constexpr std::uint8_t kSpecificationDmtf = 1;
constexpr std::uint8_t kMutableFirmwareDigest = 1;  // the type of value
constexpr std::size_t kBlockOverhead = 3;           // type and length inside a block

std::unexpected<Error> malformed(const char* why) {
  return fail(NvidiaError::kMalformed, std::string("GPU report: ") + why);
}

Status parse_request(Reader& in, ByteArray<32>& nonce) {
  TRY(const auto head, in.array<4>());
  const ByteArray<4> expected{std::byte{kSpdm11}, std::byte{kGetMeasurements},
                              std::byte{kWithSignature}, std::byte{kAllMeasurements}};
  if (head != expected) {
    return fail(NvidiaError::kUnsupported,
                "GPU report: not a request for all measurements, signed");
  }
  TRY(nonce, in.array<32>());
  TRY(const std::uint8_t slot, in.u8());
  if (slot != 0) return fail(NvidiaError::kUnsupported, "GPU report: certificate slot");
  return {};
}

Result<crypto::Sha384Digest> parse_block(Reader& in, std::size_t number) {
  TRY(const std::uint8_t index, in.u8());
  if (index != number) return malformed("measurements out of order");
  TRY(const std::uint8_t specification, in.u8());
  TRY(const std::uint16_t size, in.u16());
  crypto::Sha384Digest value{};
  TRY(const std::uint8_t type, in.u8());
  TRY(const std::uint16_t value_size, in.u16());
  if (specification != kSpecificationDmtf || type != kMutableFirmwareDigest) {
    return fail(NvidiaError::kUnsupported, "GPU report: kind of measurement");
  }
  if (value_size != value.size() || size != value.size() + kBlockOverhead) {
    return malformed("measurement of the wrong length");
  }
  TRY(value, in.array<48>());
  return value;
}

Result<std::vector<crypto::Sha384Digest>> parse_measurements(Reader& in) {
  TRY(const std::uint8_t count, in.u8());
  TRY(const auto size_bytes, in.array<3>());  // little-endian
  std::size_t size = 0;
  for (std::size_t i = size_bytes.size(); i-- > 0;) {
    size = size << 8U | std::to_integer<std::size_t>(size_bytes[i]);
  }
  TRY(const BytesView record, in.take(size));
  Reader blocks(record, Endian::kLittle);
  std::vector<crypto::Sha384Digest> out;
  for (std::size_t number = 1; number <= count; ++number) {
    TRY(const crypto::Sha384Digest value, parse_block(blocks, number));
    out.push_back(value);
  }
  if (!blocks.at_end()) return malformed("bytes after the measurements");
  return out;
}

}  // namespace

Result<UnverifiedGpuReport> UnverifiedGpuReport::parse(BytesView bytes) {
  const auto parse_all = [&]() -> Result<UnverifiedGpuReport> {
    if (bytes.size() > kReportBytesMax) return malformed("too long");
    Reader in(bytes, Endian::kLittle);
    UnverifiedGpuReport out;
    TRY_VOID(parse_request(in, out.request_nonce_));
    TRY(const std::uint8_t version, in.u8());
    TRY(const std::uint8_t code, in.u8());
    TRY_VOID(in.take(2));  // parameters, which depend on the request
    if (version != kSpdm11 || code != kMeasurements) {
      return fail(NvidiaError::kUnsupported, "GPU report: not an answer with measurements");
    }
    TRY(out.measurements_, parse_measurements(in));
    TRY_VOID(in.take(32));  // the device's own nonce
    TRY(const std::uint16_t opaque_size, in.u16());
    TRY(const BytesView opaque, in.take(opaque_size));
    TRY(out.device_, parse_device_info(opaque));
    out.signed_size_ = bytes.size() - in.remaining();
    TRY(out.signature_, in.tagged<crypto::P384Signature>());
    const bool one_zero_left = in.remaining() == 1 && in.rest()[0] == std::byte{0};
    if (!in.at_end() && !one_zero_left) return malformed("bytes after the signature");
    out.bytes_ = to_bytes(bytes.first(bytes.size() - in.remaining()));
    return out;
  };
  Result<UnverifiedGpuReport> out = parse_all();
  if (out.has_value() || out.error().library() == Library::kAttestNvidia) return out;
  return malformed(out.error().message().c_str());
}

}  // namespace cocoon::attest::nvidia
