#include "attest/eventlog/event.h"

#include <array>
#include <cstdio>

namespace cocoon::attest::eventlog {

std::string name_of(EventType type) {
  switch (type) {
    case EventType::kPostCode:
      return "EV_POST_CODE";
    case EventType::kNoAction:
      return "EV_NO_ACTION";
    case EventType::kSeparator:
      return "EV_SEPARATOR";
    case EventType::kAction:
      return "EV_ACTION";
    case EventType::kEventTag:
      return "EV_EVENT_TAG";
    case EventType::kCrtmVersion:
      return "EV_S_CRTM_VERSION";
    case EventType::kPlatformConfigFlags:
      return "EV_PLATFORM_CONFIG_FLAGS";
    case EventType::kIpl:
      return "EV_IPL";
    case EventType::kNonHostInfo:
      return "EV_NONHOST_INFO";
    case EventType::kDstackRuntime:
      return "dstack runtime event";
    case EventType::kEfiVariableDriverConfig:
      return "EV_EFI_VARIABLE_DRIVER_CONFIG";
    case EventType::kEfiVariableBoot:
      return "EV_EFI_VARIABLE_BOOT";
    case EventType::kEfiBootServicesApplication:
      return "EV_EFI_BOOT_SERVICES_APPLICATION";
    case EventType::kEfiGptEvent:
      return "EV_EFI_GPT_EVENT";
    case EventType::kEfiAction:
      return "EV_EFI_ACTION";
    case EventType::kEfiPlatformFirmwareBlob2:
      return "EV_EFI_PLATFORM_FIRMWARE_BLOB2";
    case EventType::kEfiHandoffTables2:
      return "EV_EFI_HANDOFF_TABLES2";
    case EventType::kEfiVariableBoot2:
      return "EV_EFI_VARIABLE_BOOT2";
    case EventType::kEfiVariableAuthority:
      return "EV_EFI_VARIABLE_AUTHORITY";
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", static_cast<unsigned>(type));
  return text.data();
}

}  // namespace cocoon::attest::eventlog
