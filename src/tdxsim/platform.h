#pragma once

#include <functional>

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

// Deviations from a healthy TD, for negative tests.
struct QuoteOptions {
  std::uint16_t version = 4;                              // 5: with a TD 1.5 body
  std::uint64_t td_attributes = std::uint64_t{1} << 28U;  // SEPT_VE_DISABLE
  crypto::Sha384Digest rtmr3{};
  crypto::Sha384Digest mr_service_td{};  // version 5
  enum class ReportData : std::uint8_t { kAsGiven, kFirstBitFlipped };
  ReportData report_data = ReportData::kAsGiven;
};

// A simulated machine: PCK and attestation keys with a certificate chain of three. The private keys
// of the root and of the platform CA are dropped as soon as they have signed.
class Platform {
 public:
  using FillRandom = std::function<void(MutableBytesView)>;
  // Fresh keys; certificates valid for ten years around `now`.
  [[nodiscard]] static Result<Platform> create(const FillRandom& random, UnixSeconds now);
  // Private keys and certificates as one secret document, and back.
  [[nodiscard]] SecretBytes save() const;
  [[nodiscard]] static Result<Platform> load(BytesView saved);

  [[nodiscard]] const crypto::Certificate& root() const { return chain_.back(); }
  [[nodiscard]] attest::RootFingerprint root_fingerprint() const;
  // A quote over these 64 bytes.
  [[nodiscard]] Result<Bytes> quote(const ByteArray<64>& report_data,
                                    const Measurements& measurements,
                                    const QuoteOptions& options = {}) const;

 private:
  Platform(crypto::P256KeyPair pck, crypto::P256KeyPair attestation,
           std::vector<crypto::Certificate> leaf_first)
      : pck_(std::move(pck)), attestation_(std::move(attestation)), chain_(std::move(leaf_first)) {}
  crypto::P256KeyPair pck_;
  crypto::P256KeyPair attestation_;
  std::vector<crypto::Certificate> chain_;  // leaf, CA, root
};

// PEM of one certificate.
[[nodiscard]] std::string to_pem(const crypto::Certificate& certificate);

}  // namespace cocoon::tdxsim
