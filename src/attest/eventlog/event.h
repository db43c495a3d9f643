#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attest/eventlog/error.h"
#include "base/bytes.h"
#include "crypto/hash.h"

namespace cocoon::attest::eventlog {

// Types of events (TCG PC Client Platform Firmware Profile, "Event Types"; UEFI 2.10 §38.4). Any
// other number may occur as well.
enum class EventType : std::uint32_t {
  kPostCode = 0x1,
  kNoAction = 0x3,
  kSeparator = 0x4,
  kAction = 0x5,
  kEventTag = 0x6,
  kCrtmVersion = 0x8,
  kPlatformConfigFlags = 0xa,
  kIpl = 0xd,
  kNonHostInfo = 0x11,
  kDstackRuntime = 0x08000001,  // dstack's own
  kEfiVariableDriverConfig = 0x80000001,
  kEfiVariableBoot = 0x80000002,
  kEfiBootServicesApplication = 0x80000003,
  kEfiGptEvent = 0x80000006,
  kEfiAction = 0x80000007,
  kEfiPlatformFirmwareBlob2 = 0x8000000a,
  kEfiHandoffTables2 = 0x8000000b,
  kEfiVariableBoot2 = 0x8000000c,
  kEfiVariableAuthority = 0x800000e0,
};
// "EV_SEPARATOR" and so on; "0x…" for a type without a name here.
[[nodiscard]] std::string name_of(EventType type);

// One measurement. Nothing in it is authenticated but what replay() says.
struct Event {
  // As the log's format numbers them. In a CCEL: 0 MRTD, 1 to 4 RTMR0 to RTMR3; in a TPM's log:
  // PCRs.
  std::uint32_t register_index = 0;
  EventType type = EventType::kNoAction;
  crypto::Sha384Digest digest{};
  Bytes payload;
  std::string name;  // of dstack's runtime events only
};

struct EventLog {
  std::vector<Event> events;
  // Length of the log in its buffer, without the padding.
  std::size_t size = 0;
};

inline constexpr std::size_t kLogBytesMax = 1024 * 1024;
inline constexpr std::size_t kEventsMax = 4096;

}  // namespace cocoon::attest::eventlog
