#pragma once

#include <cstdint>
#include <optional>

#include "attest/amd/product.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace cocoon::attest::amd {

inline constexpr std::size_t kReportSize = 1184;

// Family, model and stepping of the processor as CPUID gives them; in reports from version 3 on.
struct CpuId {
  std::uint8_t family = 0;
  std::uint8_t model = 0;
  std::uint8_t stepping = 0;
};

// What the firmware says of a guest (AMD 56860, ATTESTATION_REPORT; docs/formats/snp-report.md).
struct ReportBody {
  std::uint32_t version = 0;  // 2 to 5
  std::uint32_t guest_svn = 0;
  std::uint64_t policy = 0;
  ByteArray<16> family_id{};
  ByteArray<16> image_id{};
  std::uint32_t vmpl = 0;
  ByteArray<8> current_tcb{};
  std::uint64_t platform_info = 0;
  std::uint32_t key_info = 0;
  ByteArray<64> report_data{};
  crypto::Sha384Digest measurement{};
  ByteArray<32> host_data{};
  crypto::Sha384Digest id_key_digest{};
  crypto::Sha384Digest author_key_digest{};
  ByteArray<32> report_id{};
  ByteArray<32> report_id_ma{};
  ByteArray<8> reported_tcb{};
  std::optional<CpuId> cpu_id;
  ByteArray<64> chip_id{};
  ByteArray<8> committed_tcb{};
  ByteArray<8> launch_tcb{};
};

// A report whose structure was checked and nothing else.
class UnverifiedReport {
 public:
  // Exactly 1184 bytes. kUnsupported for versions other than 2 to 5, another algorithm than ECDSA
  // P-384 with SHA-384, a masked chip key (such a report carries no signature) or a key that is
  // neither VCEK nor VLEK; kMalformed if a reserved byte is set.
  [[nodiscard]] static Result<UnverifiedReport> parse(BytesView bytes);

  [[nodiscard]] const ReportBody& body() const { return body_; }
  [[nodiscard]] KeyKind key_kind() const { return key_kind_; }
  // What the key signs.
  [[nodiscard]] BytesView signed_part() const;
  [[nodiscard]] const crypto::P384Signature& signature() const { return signature_; }
  [[nodiscard]] BytesView bytes() const { return bytes_; }

 private:
  UnverifiedReport() = default;
  Bytes bytes_;
  ReportBody body_;
  KeyKind key_kind_ = KeyKind::kVcek;
  crypto::P384Signature signature_;
};

}  // namespace cocoon::attest::amd
