#pragma once

#include <optional>

#include "attest/eventlog/replay.h"
#include "codec/json.h"

namespace cocoon::attest::eventlog {

// CCEL or dstack's JSON, told apart by the first byte.
[[nodiscard]] Result<EventLog> parse_any(BytesView bytes);

// What booted, for people and programs: every event with what its digest proves, the kernel's
// command line, the registers that the events add up to. With a quote's registers also whether they
// are those: "replays". Without, or if they are not, nothing is authenticated, and every event says
// so.
[[nodiscard]] codec::Json describe_log(const EventLog& log, const std::optional<Registers>& quoted);

}  // namespace cocoon::attest::eventlog
