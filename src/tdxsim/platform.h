#pragma once

#include <functional>

#include "attest/intel/quote.h"
#include "attest/policy.h"
#include "crypto/certificate.h"
#include "crypto/keys.h"

namespace cocoon::tdxsim {

// What the simulated machine claims to run.
struct Measurements {
  crypto::Sha384Digest mrtd{};
  crypto::Sha384Digest rtmr0{};
  crypto::Sha384Digest rtmr1{};
  crypto::Sha384Digest rtmr2{};
  ByteArray<8> xfam{};
};
// SHA-384 of "cocoon/1 tdx-sim mrtd\0" and so on: the same on every machine.
[[nodiscard]] Measurements default_measurements();
// The image, with one shape, that has these measurements; and the other way round for its first
// shape.
[[nodiscard]] attest::Image image_of(const Measurements& measurements);
[[nodiscard]] Measurements measurements_of(const attest::Image& image);

// Security versions of the simulated TDX module and processor: what its collateral calls up to
// date, and what it calls out of date.
inline constexpr ByteArray<16> kTeeTcbSvn{std::byte{5}, std::byte{1}, std::byte{2}};
inline constexpr ByteArray<16> kOldTeeTcbSvn{std::byte{3}, std::byte{1}, std::byte{2}};

// Deviations from a healthy TD, for negative tests.
struct QuoteOptions {
  std::uint16_t version = 4;  // 5: with the body of `kind`
  attest::intel::TdBody::Kind kind = attest::intel::TdBody::Kind::kTd15;
  ByteArray<16> tee_tcb_svn = kTeeTcbSvn;
  ByteArray<16> tee_tcb_svn2 = kTeeTcbSvn;  // version 5
  crypto::Sha384Digest mr_signer_seam{};
  ByteArray<8> seam_attributes{};
  std::uint64_t td_attributes = std::uint64_t{1} << 28U;  // SEPT_VE_DISABLE
  crypto::Sha384Digest rtmr3{};
  crypto::Sha384Digest mr_service_td{};  // version 5
  enum class ReportData : std::uint8_t { kAsGiven, kFirstBitFlipped };
  ReportData report_data = ReportData::kAsGiven;
  crypto::Sha384Digest service_td_hash{};  // Kind::kTd15Extended
  crypto::Sha384Digest device_info{};      // Kind::kTd15Extended
  std::uint16_t qe_isv_svn = 4;
  std::uint64_t qe_attributes = 0x15;  // INIT, MODE64BIT, PROVISIONKEY
};

// Deviations from the collateral of a machine in order, for negative tests.
struct CollateralOptions {
  enum class Revoked : std::uint8_t { kNothing, kPck, kPckIssuer, kTcbSigner };
  Revoked revoked = Revoked::kNothing;
  // Whose list of revoked PCK certificates it carries.
  enum class PckList : std::uint8_t { kOfIssuer, kOfOtherCa };
  PckList pck_list = PckList::kOfIssuer;
  std::uint32_t evaluation_number = 1;
  // Seconds from now to the issue and to the next update of TCB info and QE identity.
  std::int64_t issued_after = -86'400;
  std::int64_t valid_for = 9LL * 365 * 86'400;
  // Replacements in the text of TCB info and QE identity before they are signed.
  std::vector<std::pair<std::string, std::string>> edits = {};
};

// A simulated machine: PCK and attestation keys with a certificate chain of three.
class Platform {
 public:
  using FillRandom = std::function<void(MutableBytesView)>;
  // A machine of a vendor of its own (vendor.h), whose private keys are dropped once they have
  // signed.
  [[nodiscard]] static Result<Platform> create(const FillRandom& random, UnixSeconds now,
                                               const CollateralOptions& options = {});
  // Private keys and certificates as one secret document, and back.
  [[nodiscard]] SecretBytes save() const;
  [[nodiscard]] static Result<Platform> load(BytesView saved);

  [[nodiscard]] const crypto::Certificate& root() const { return chain_.back(); }
  [[nodiscard]] attest::RootFingerprint root_fingerprint() const;
  [[nodiscard]] const crypto::Certificate& pck_certificate() const { return chain_.front(); }
  // What Intel would publish about such a machine, signed under the development root.
  [[nodiscard]] const std::string& collateral() const { return collateral_; }
  // A quote over these 64 bytes.
  [[nodiscard]] Result<Bytes> quote(const ByteArray<64>& report_data,
                                    const Measurements& measurements,
                                    const QuoteOptions& options = {}) const;

 private:
  friend class Vendor;
  Platform(crypto::P256KeyPair pck, crypto::P256KeyPair attestation,
           std::vector<crypto::Certificate> leaf_first, std::string collateral)
      : pck_(std::move(pck)),
        attestation_(std::move(attestation)),
        chain_(std::move(leaf_first)),
        collateral_(std::move(collateral)) {}
  crypto::P256KeyPair pck_;
  crypto::P256KeyPair attestation_;
  std::vector<crypto::Certificate> chain_;  // leaf, CA, root
  std::string collateral_;
};

// The quote (version 4) with n - s for the s of its ECDSA signature: other bytes, as valid as
// before, which anybody can make of a quote.
[[nodiscard]] Bytes with_negated_s(Bytes quote);

// PEM of one certificate.
[[nodiscard]] std::string to_pem(const crypto::Certificate& certificate);

}  // namespace cocoon::tdxsim
