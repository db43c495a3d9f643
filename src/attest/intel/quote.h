#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "attest/intel/error.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace cocoon::attest::intel {

// Longest quote that is looked at, whatever the source's buffer held after it.
inline constexpr std::size_t kQuoteBytesMax = 16 * 1024;

// The quoting enclaves of Intel name themselves by this in a quote's header.
inline constexpr ByteArray<16> kQeVendorIntel{
    std::byte{0x93}, std::byte{0x9a}, std::byte{0x72}, std::byte{0x33},
    std::byte{0xf7}, std::byte{0x9c}, std::byte{0x4c}, std::byte{0xa9},
    std::byte{0x94}, std::byte{0x0a}, std::byte{0x0d}, std::byte{0xb3},
    std::byte{0x95}, std::byte{0x7f}, std::byte{0x06}, std::byte{0x07}};

// What a TD body adds from TDX 1.5 on.
struct TdBody15 {
  ByteArray<16> tee_tcb_svn2{};
  crypto::Sha384Digest mr_service_td{};
};

// What the extended body adds: where the TD was first launched, its service TDs then and now, and
// the devices that are bound to it.
struct TdBodyExtended {
  std::uint8_t vm_id = 0;
  ByteArray<32> td_id{};
  crypto::Sha384Digest device_info{};
  crypto::Sha384Digest first_service_td_hash{};
  ByteArray<8> first_service_td_attributes{};
  ByteArray<16> first_cpu_svn{};
  ByteArray<16> first_tee_tcb_svn{};
  ByteArray<12> first_fmspc{};
  crypto::Sha384Digest service_td_hash{};
  ByteArray<8> service_td_attributes{};
};

// What the TDX module reports about a trust domain (docs/formats/tdx-quote.md). Byte strings are in
// the quote's order.
struct TdBody {
  enum class Kind : std::uint16_t { kTd10 = 2, kTd15 = 3, kTd15Extended = 4 };
  Kind kind = Kind::kTd10;
  ByteArray<16> tee_tcb_svn{};
  crypto::Sha384Digest mr_seam{};
  crypto::Sha384Digest mr_signer_seam{};
  ByteArray<8> seam_attributes{};
  std::uint64_t td_attributes = 0;
  ByteArray<8> xfam{};
  crypto::Sha384Digest mrtd{};
  crypto::Sha384Digest mr_config_id{};
  crypto::Sha384Digest mr_owner{};
  crypto::Sha384Digest mr_owner_config{};
  std::array<crypto::Sha384Digest, 4> rtmr{};
  ByteArray<64> report_data{};
  std::optional<TdBody15> td15;            // kTd15 and kTd15Extended
  std::optional<TdBodyExtended> extended;  // kTd15Extended

  // td_attributes in the quote's order.
  [[nodiscard]] ByteArray<8> td_attribute_bytes() const;
};

// The quoting enclave's own report.
struct QeReport {
  ByteArray<16> cpu_svn{};
  std::uint32_t misc_select = 0;
  ByteArray<16> attributes{};
  ByteArray<32> mr_enclave{};
  ByteArray<32> mr_signer{};
  std::uint16_t isv_prod_id = 0;
  std::uint16_t isv_svn = 0;
  ByteArray<64> report_data{};
};

// A TDX quote, version 4 or 5, whose structure was checked and nothing else.
class UnverifiedQuote {
 public:
  // kMalformed for anything but the exact structure; kUnsupported for versions, key types, TEEs and
  // bodies that are not TDX over P-256. Bytes after the quote's own end are the source's padding:
  // nothing signs them, and they are dropped without being looked at.
  [[nodiscard]] static Result<UnverifiedQuote> parse(BytesView bytes);

  [[nodiscard]] std::uint16_t version() const { return version_; }
  [[nodiscard]] const TdBody& body() const { return body_; }
  [[nodiscard]] const QeReport& qe_report() const { return qe_report_; }
  // The quote without what followed it.
  [[nodiscard]] BytesView canonical() const { return bytes_; }
  // Header and body: what the attestation key signs.
  [[nodiscard]] BytesView signed_part() const { return BytesView(bytes_).first(signed_size_); }
  [[nodiscard]] const crypto::P256Signature& signature() const { return signature_; }
  [[nodiscard]] const crypto::P256PublicKey& attestation_key() const { return attestation_key_; }
  [[nodiscard]] BytesView qe_report_bytes() const { return qe_report_bytes_; }
  [[nodiscard]] const crypto::P256Signature& qe_report_signature() const {
    return qe_report_signature_;
  }
  [[nodiscard]] BytesView qe_authentication_data() const { return qe_authentication_data_; }
  // PEM of leaf, CA and root.
  [[nodiscard]] BytesView certificates() const { return certificates_; }

 private:
  UnverifiedQuote() = default;
  [[nodiscard]] Status parse_signature(BytesView block);
  [[nodiscard]] Status parse_qe_certification(BytesView block);

  Bytes bytes_;
  std::size_t signed_size_ = 0;
  std::uint16_t version_ = 0;
  TdBody body_;
  QeReport qe_report_;
  crypto::P256Signature signature_;
  crypto::P256PublicKey attestation_key_;
  Bytes qe_report_bytes_;
  crypto::P256Signature qe_report_signature_;
  Bytes qe_authentication_data_;
  Bytes certificates_;
};

}  // namespace cocoon::attest::intel
