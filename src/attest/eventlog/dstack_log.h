#pragma once

#include "attest/eventlog/event.h"

namespace cocoon::attest::eventlog {

// The log that dstack's guests hand out: a JSON array of {imr, event_type, digest, event,
// event_payload}, hexadecimal, registers numbered 0 to 3 (RTMR0 to RTMR3); they become a CCEL's 1
// to
// 4. A runtime event's digest is computed from its name and payload, and must be what the log says
// if it says one. Other fields are refused.
[[nodiscard]] Result<EventLog> parse_dstack_log(std::string_view json);

// SHA-384(type as u32 little-endian ‖ ":" ‖ name ‖ ":" ‖ payload).
[[nodiscard]] crypto::Sha384Digest dstack_runtime_digest(std::string_view name, BytesView payload);

}  // namespace cocoon::attest::eventlog
