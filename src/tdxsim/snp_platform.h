#pragma once

#include "attest/amd/endorsement.h"
#include "attest/amd/report.h"
#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// Deviations from a healthy guest, for negative tests.
struct SnpOptions {
  std::uint32_t version = 5;                       // 3 and 5: with CPUID
  std::uint64_t policy = std::uint64_t{3} << 16U;  // SMT, and the bit that is always one
  std::uint32_t vmpl = 0;
  std::uint64_t platform_info = 0x25;  // SMT, ECC, alias check complete
  // What the report says, where the key's certificate says otherwise.
  std::optional<attest::amd::TcbVersion> reported_tcb = std::nullopt;
  enum class ChipId : std::uint8_t { kOwn, kMasked, kAnother };
  ChipId chip_id = ChipId::kOwn;
};

// What the simulated guest measures: SHA-384 of "cocoon/1 tdx-sim snp measurement\0".
[[nodiscard]] crypto::Sha384Digest default_snp_measurement();

// A simulated AMD processor: its VCEK, and a chain of three whose upper private keys are dropped as
// soon as they have signed. The chain is of ECDSA P-384 keys; the report has the genuine format.
class SnpPlatform {
 public:
  // Certificates valid for ten years around `now`.
  [[nodiscard]] static Result<SnpPlatform> create(
      const Platform::FillRandom& random, UnixSeconds now,
      attest::amd::Product product = attest::amd::Product::kTurin,
      attest::amd::KeyKind key_kind = attest::amd::KeyKind::kVcek);

  // The chain as the host hands it out.
  [[nodiscard]] Bytes certificate_table() const;
  // Private key and certificates as one secret document, and back.
  [[nodiscard]] SecretBytes save() const;
  [[nodiscard]] static Result<SnpPlatform> load(BytesView saved);

  // Leaf, ASK (or ASVK), ARK.
  [[nodiscard]] const std::vector<crypto::Certificate>& chain() const { return chain_; }
  [[nodiscard]] crypto::Sha256Digest root_fingerprint() const;
  [[nodiscard]] const attest::amd::TcbVersion& tcb() const { return tcb_; }
  // A report over these 64 bytes.
  [[nodiscard]] Result<Bytes> report(const ByteArray<64>& report_data,
                                     const crypto::Sha384Digest& measurement,
                                     const SnpOptions& options = {}) const;

 private:
  SnpPlatform(attest::amd::Product product, attest::amd::KeyKind key_kind, crypto::P384KeyPair key)
      : product_(product), key_kind_(key_kind), key_(std::move(key)) {}
  attest::amd::Product product_;
  attest::amd::KeyKind key_kind_;
  crypto::P384KeyPair key_;
  attest::amd::TcbVersion tcb_;
  Bytes hardware_id_;
  std::vector<crypto::Certificate> chain_;
};

// GUIDs of certificates in a host's table, hexadecimal.
inline constexpr const char* kVcekGuid = "63da758de6644564adc5f4b93be8accd";
inline constexpr const char* kAskGuid = "4ab7b379bbac4fe4a02f05aef327c782";
inline constexpr const char* kArkGuid = "c0b406a4a803495297433fb6014cd0ae";

struct SnpTableEntry {
  const char* guid;
  std::string content;
};
// The table that a host hands its guests in auxblob (docs/formats/snp-evidence.md).
[[nodiscard]] Bytes snp_certificate_table(const std::vector<SnpTableEntry>& entries);

}  // namespace cocoon::tdxsim
