#include "attest/intel/tcb_status.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cocoon::attest::intel {
namespace {

constexpr std::array<std::pair<TcbStatus, std::string_view>, 10> kNames{{
    {TcbStatus::kUpToDate, "UpToDate"},
    {TcbStatus::kSwHardeningNeeded, "SWHardeningNeeded"},
    {TcbStatus::kConfigurationNeeded, "ConfigurationNeeded"},
    {TcbStatus::kConfigurationAndSwHardeningNeeded, "ConfigurationAndSWHardeningNeeded"},
    {TcbStatus::kOutOfDate, "OutOfDate"},
    {TcbStatus::kOutOfDateConfigurationNeeded, "OutOfDateConfigurationNeeded"},
    {TcbStatus::kRevoked, "Revoked"},
    {TcbStatus::kTdRelaunchAdvised, "TDRelaunchAdvised"},
    {TcbStatus::kTdRelaunchAdvisedConfigurationNeeded, "TDRelaunchAdvisedConfigurationNeeded"},
    {TcbStatus::kNotSupported, "NotSupported"},
}};

}  // namespace

std::string_view name_of(TcbStatus status) {
  return std::ranges::find(kNames, status, &std::pair<TcbStatus, std::string_view>::first)->second;
}

std::optional<TcbStatus> tcb_status_of(std::string_view name) {
  const auto found =
      std::ranges::find(kNames, name, &std::pair<TcbStatus, std::string_view>::second);
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

std::optional<TcbStatus> tolerable_status_of(std::string_view name) {
  const auto status = tcb_status_of(name);
  if (status == TcbStatus::kUpToDate || status == TcbStatus::kRevoked ||
      status == TcbStatus::kNotSupported) {
    return std::nullopt;
  }
  return status;
}

bool is_worse(TcbStatus a, TcbStatus b) {
  using enum TcbStatus;
  constexpr std::array kWorstLast{kUpToDate,
                                  kSwHardeningNeeded,
                                  kConfigurationNeeded,
                                  kConfigurationAndSwHardeningNeeded,
                                  kOutOfDate,
                                  kOutOfDateConfigurationNeeded,
                                  kTdRelaunchAdvised,
                                  kTdRelaunchAdvisedConfigurationNeeded,
                                  kRevoked,
                                  kNotSupported};
  return std::ranges::find(kWorstLast, a) > std::ranges::find(kWorstLast, b);
}

bool needs_configuration(TcbStatus status) {
  switch (status) {
    case TcbStatus::kConfigurationNeeded:
    case TcbStatus::kConfigurationAndSwHardeningNeeded:
    case TcbStatus::kOutOfDateConfigurationNeeded:
    case TcbStatus::kTdRelaunchAdvisedConfigurationNeeded:
      return true;
    case TcbStatus::kUpToDate:
    case TcbStatus::kSwHardeningNeeded:
    case TcbStatus::kOutOfDate:
    case TcbStatus::kRevoked:
    case TcbStatus::kTdRelaunchAdvised:
    case TcbStatus::kNotSupported:
      return false;
  }
  return false;
}

TcbStatus converge(TcbStatus platform, TcbStatus component) {
  if (platform == TcbStatus::kRevoked) return platform;
  if (component == TcbStatus::kRevoked || component == TcbStatus::kNotSupported) return component;
  if (component != TcbStatus::kOutOfDate) return platform;
  switch (platform) {
    case TcbStatus::kUpToDate:
    case TcbStatus::kSwHardeningNeeded:
      return TcbStatus::kOutOfDate;
    case TcbStatus::kConfigurationNeeded:
    case TcbStatus::kConfigurationAndSwHardeningNeeded:
      return TcbStatus::kOutOfDateConfigurationNeeded;
    case TcbStatus::kOutOfDate:
    case TcbStatus::kOutOfDateConfigurationNeeded:
    case TcbStatus::kRevoked:
    case TcbStatus::kTdRelaunchAdvised:
    case TcbStatus::kTdRelaunchAdvisedConfigurationNeeded:
    case TcbStatus::kNotSupported:
      return platform;
  }
  return platform;
}

}  // namespace cocoon::attest::intel
