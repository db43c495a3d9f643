#pragma once

#include "attest/eventlog/event.h"

namespace cocoon::attest::eventlog {

// A log in TCG's crypto-agile format (PC Client Platform Firmware Profile, "TCG_PCR_EVENT2"), as
// the memory behind ACPI's CCEL table and a TPM's log hold it. The log ends at the buffer's end, at
// an event of all ones, or at one of all zeros; what follows is padding and is not looked at.
// Events keep their SHA-384 digest only; kUnsupported if the log has none. EV_NO_ACTION events,
// which extend nothing, are left out.
[[nodiscard]] Result<EventLog> parse_ccel(BytesView bytes);

// ACPI's CCEL table (ACPI 6.5 §5.2.34): where the log lies. Exactly 56 bytes with a sum of zero.
struct CcelTable {
  std::uint8_t cc_type = 0;  // 2: TDX
  std::uint8_t cc_subtype = 0;
  std::uint64_t log_length = 0;
  std::uint64_t log_address = 0;
};
[[nodiscard]] Result<CcelTable> parse_ccel_table(BytesView bytes);

}  // namespace cocoon::attest::eventlog
