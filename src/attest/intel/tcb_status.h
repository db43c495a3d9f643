#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cocoon::attest::intel {

// Intel's judgement of how well a platform is kept (TCB info v3 of the PCS API; the last three are
// results of the verification algorithm, not values of the collateral).
enum class TcbStatus : std::uint8_t {
  kUpToDate = 1,
  kSwHardeningNeeded = 2,
  kConfigurationNeeded = 3,
  kConfigurationAndSwHardeningNeeded = 4,
  kOutOfDate = 5,
  kOutOfDateConfigurationNeeded = 6,
  kRevoked = 7,
  kTdRelaunchAdvised = 8,
  kTdRelaunchAdvisedConfigurationNeeded = 9,
  kNotSupported = 10,  // no level of the collateral matches
};

// "UpToDate", … as Intel writes it.
[[nodiscard]] std::string_view name_of(TcbStatus status);
// Any name that name_of() gives.
[[nodiscard]] std::optional<TcbStatus> tcb_status_of(std::string_view name);
// The same, of those statuses alone that a policy may tolerate for a while: the others are in order
// or beyond it.
[[nodiscard]] std::optional<TcbStatus> tolerable_status_of(std::string_view name);
// Whether `a` says worse of a TD than `b`. To relaunch is advised where the platform is in order,
// so only what is revoked or not supported is worse.
[[nodiscard]] bool is_worse(TcbStatus a, TcbStatus b);
// Whether a configuration is still wanting, by the name of the status.
[[nodiscard]] bool needs_configuration(TcbStatus status);
// The platform's status after the TDX module's or the quoting enclave's (kUpToDate, kOutOfDate,
// kRevoked or kNotSupported) is taken in.
[[nodiscard]] TcbStatus converge(TcbStatus platform, TcbStatus component);

}  // namespace cocoon::attest::intel
