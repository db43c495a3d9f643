#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/nvidia/error.h"
#include "base/bytes.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace cocoon::attest::nvidia {

inline constexpr std::size_t kReportBytesMax = 16 * 1024;

// What the device adds to its measurements, as far as it is judged (docs/formats/gpu-report.md).
struct DeviceInfo {
  std::string driver_version;  // "580.95.05"; empty on a switch
  std::string vbios_version;   // "96.00.5E.00.01"
  std::string project;         // "1010"
  std::string project_sku;     // "0200"
  std::string chip_sku;        // "882"
  std::string chip;            // "GB100"; empty on Hopper and older drivers
  enum class Decoder : std::uint8_t { kUnstated, kEnabled, kDisabled };
  Decoder nvdec0 = Decoder::kUnstated;
  // Measurement of the firmware that signs reports; drivers before 550 do not state it.
  std::optional<crypto::Sha384Digest> fwid;
  enum class ProtectedPcie : std::uint8_t { kUnstated, kOn, kOff };
  ProtectedPcie protected_pcie = ProtectedPcie::kUnstated;
  // How GPUs are passed through; newer drivers state it.
  enum class Passthrough : std::uint16_t { kMultiple = 0, kSingle = 1, kProtectedPcie = 2 };
  std::optional<Passthrough> passthrough;
};

// An SPDM measurements exchange (DMTF DSP0274): the request, which the verifier's nonce is in, and
// the device's answer. The structure was checked and nothing else.
class UnverifiedGpuReport {
 public:
  // Request ‖ response, as NVIDIA's driver hands them out. kUnsupported for other messages or
  // measurements than SHA-384 digests; kMalformed for sizes that do not add up. One zero byte at
  // the end is dropped.
  [[nodiscard]] static Result<UnverifiedGpuReport> parse(BytesView bytes);

  [[nodiscard]] const ByteArray<32>& request_nonce() const { return request_nonce_; }
  // In order; the first has number 1. All zeros: the device does not measure this.
  [[nodiscard]] const std::vector<crypto::Sha384Digest>& measurements() const {
    return measurements_;
  }
  [[nodiscard]] const DeviceInfo& device() const { return device_; }
  // What the device signs: request and response up to the signature.
  [[nodiscard]] BytesView signed_part() const { return BytesView(bytes_).first(signed_size_); }
  [[nodiscard]] const crypto::P384Signature& signature() const { return signature_; }
  // The exchange without the byte behind it.
  [[nodiscard]] BytesView bytes() const { return bytes_; }

 private:
  UnverifiedGpuReport() = default;
  Bytes bytes_;
  std::size_t signed_size_ = 0;
  ByteArray<32> request_nonce_{};
  std::vector<crypto::Sha384Digest> measurements_;
  DeviceInfo device_;
  crypto::P384Signature signature_;
};

}  // namespace cocoon::attest::nvidia
