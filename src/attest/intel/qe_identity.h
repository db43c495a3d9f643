#pragma once

#include "attest/intel/quote.h"
#include "attest/intel/tcb_info.h"

namespace cocoon::attest::intel {

// Intel's description of the TD quoting enclave (PCS API v4, "enclave identity v2" of TD_QE). Byte
// strings are in the report's order.
struct QeIdentity {
  UnixSeconds issued_at;
  UnixSeconds next_update;
  std::uint32_t evaluation_number = 0;
  ByteArray<4> misc_select{};
  ByteArray<4> misc_select_mask{};
  ByteArray<16> attributes{};
  ByteArray<16> attributes_mask{};
  ByteArray<32> mr_signer{};
  std::uint16_t isv_prod_id = 0;
  std::vector<SvnLevel> levels;  // in the collateral's order

  // kQeIdentityMismatch if the report is another enclave's, or one that can be debugged.
  [[nodiscard]] Status matches(const QeReport& report) const;
};

// kBadCollateral for anything but an identity of version 2; kCollateralMismatch if it is another
// enclave's, which vouches for no TD.
[[nodiscard]] Result<QeIdentity> parse_qe_identity(std::string_view json);

}  // namespace cocoon::attest::intel
