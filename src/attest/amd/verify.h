#pragma once

#include <vector>

#include "attest/amd/endorsement.h"
#include "attest/amd/guest_policy.h"
#include "attest/amd/report.h"

namespace cocoon::attest::amd {

// A report that a genuine processor signed. What it says of the guest is not judged yet.
class VerifiedReport {
 public:
  [[nodiscard]] const UnverifiedReport& report() const { return report_; }
  [[nodiscard]] const ReportBody& body() const { return report_.body(); }
  [[nodiscard]] Product product() const { return product_; }
  [[nodiscard]] const TcbVersion& reported_tcb() const { return reported_tcb_; }
  [[nodiscard]] const crypto::Sha256Digest& root() const { return root_; }
  // The last second at which every certificate of its key is valid.
  [[nodiscard]] UnixSeconds valid_until() const { return valid_until_; }
  // Names the chip: its CHIP_ID, or the certificate's where the host masks it. Empty if neither
  // says.
  [[nodiscard]] const Bytes& chip_id() const { return chip_id_; }

 private:
  explicit VerifiedReport(UnverifiedReport report) : report_(std::move(report)) {}
  friend Result<VerifiedReport> verify_report(UnverifiedReport, const VerifiedEndorsement&,
                                              UnixSeconds);
  UnverifiedReport report_;
  Product product_ = Product::kMilan;
  TcbVersion reported_tcb_;
  crypto::Sha256Digest root_{};
  UnixSeconds valid_until_;
  Bytes chip_id_;
};

// Checks, in this order: the key's chain is valid at `at`, and the key signed the report
// (kBadSignature); the report names the key's kind and product, and its chip unless that is masked
// (kWrongChip); REPORTED_TCB is exactly the key's (kTcbMismatch).
[[nodiscard]] Result<VerifiedReport> verify_report(UnverifiedReport report,
                                                   const VerifiedEndorsement& endorsement,
                                                   UnixSeconds at);

// Each that holds. kRefusedProduct: Milan, or a product that the policy does not name. kTcbTooOld:
// REPORTED_TCB below the policy's floor. kGuestPolicy: DEBUG or MIGRATE_MA allowed, an unknown
// policy bit set, not at VMPL 0, a Genoa whose memory was not checked for aliases (AMD-SB-3015), a
// chip without a name.
[[nodiscard]] std::vector<Error> guest_problems(const VerifiedReport& report,
                                                const GuestPolicy& policy);
// The first of them.
[[nodiscard]] Status check_guest(const VerifiedReport& report, const GuestPolicy& policy);

}  // namespace cocoon::attest::amd
