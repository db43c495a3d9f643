#pragma once

#include <array>
#include <string>
#include <vector>

#include "attest/intel/json_fields.h"
#include "attest/intel/tcb_status.h"
#include "crypto/hash.h"

namespace cocoon::attest::intel {

// What a level of the collateral says of those who reach it.
struct LevelVerdict {
  TcbStatus status = TcbStatus::kNotSupported;
  UnixSeconds tcb_date;
  std::vector<std::string> advisories;
};

// A level of an enclave or of a TDX module: ISVSVN and above.
struct SvnLevel {
  std::uint32_t isv_svn = 0;
  LevelVerdict verdict;
};
// The first level that `isv_svn` reaches; nullptr if it reaches none.
[[nodiscard]] const SvnLevel* level_of(const std::vector<SvnLevel>& levels, std::uint32_t isv_svn);

// Who signed a TDX module, and its attributes.
struct ModuleSigner {
  crypto::Sha384Digest mr_signer{};
  ByteArray<8> attributes{};
  ByteArray<8> attributes_mask{};
};

struct ModuleIdentity {
  std::string id;  // "TDX_" and the module's major version as two hexadecimal digits
  ModuleSigner signer;
  std::vector<SvnLevel> levels;  // highest first
};

// A level of a platform: every component and the PCE at least as high.
struct PlatformLevel {
  std::array<std::uint8_t, 16> sgx_components{};
  std::uint32_t pce_svn = 0;
  std::array<std::uint8_t, 16> tdx_components{};
  LevelVerdict verdict;
};

// Intel's list of the levels of one platform model (PCS API v4, "TCB info v3" for TDX).
struct TcbInfo {
  UnixSeconds issued_at;
  UnixSeconds next_update;
  std::uint32_t evaluation_number = 0;
  ByteArray<6> fmspc{};
  ByteArray<2> pce_id{};
  ModuleSigner module;  // of modules whose major version is 0
  std::vector<ModuleIdentity> modules;
  std::vector<PlatformLevel> levels;  // highest first

  // The identity of a module of this major version, which is not 0.
  [[nodiscard]] const ModuleIdentity* module_of(std::uint8_t major_version) const;
};

// kBadCollateral for anything but a TCB info of version 3; kCollateralMismatch if it is one for SGX
// or an older version, which judges no TD.
[[nodiscard]] Result<TcbInfo> parse_tcb_info(std::string_view json);

// The members that every level has.
[[nodiscard]] Result<LevelVerdict> read_level_verdict(const JsonFields& level);
[[nodiscard]] Result<std::vector<SvnLevel>> read_svn_levels(const JsonFields& parent);
// The JSON under this room's limits.
[[nodiscard]] Result<codec::Json> parse_collateral_json(std::string_view json,
                                                        std::string_view what);

}  // namespace cocoon::attest::intel
