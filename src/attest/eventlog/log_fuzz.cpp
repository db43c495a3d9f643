#include "attest/eventlog/ccel.h"
#include "attest/eventlog/describe.h"
#include "base/check.h"

// Whatever parses stays within its input, parses again from its own bytes alone, and can be
// described and replayed without a crash; what a digest proves is part of the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::eventlog;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(parse_ccel_table(bytes));
  const auto log = parse_any(bytes);
  if (!log.has_value()) return 0;
  COCOON_CHECK(log->size <= bytes.size() && log->events.size() <= kEventsMax);
  const auto again = parse_any(bytes.first(log->size));
  COCOON_CHECK(again.has_value() && again->events.size() == log->events.size());
  for (const Event& event : log->events) {
    const Proof proof = prove_payload(event);
    COCOON_CHECK(proven_part(event, proof).size() <= event.payload.size());
  }
  const auto registers = replay(*log);
  static_cast<void>(describe_log(*log, std::nullopt));
  if (!registers.has_value()) return 0;
  COCOON_CHECK(replay_against(*log, *registers).has_value());
  static_cast<void>(describe_log(*log, *registers));
  return 0;
}
