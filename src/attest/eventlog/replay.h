#pragma once

#include <array>
#include <optional>

#include "attest/eventlog/event.h"

namespace cocoon::attest::eventlog {

// RTMR0 to RTMR3.
using Registers = std::array<crypto::Sha384Digest, 4>;

// What a measurement's digest proves of its payload. The digest covers neither the event's type nor
// whatever the hashed part leaves out: those stay the log's own word.
enum class Proof : std::uint8_t {
  kNothing,       // the digest is of something that the log does not carry
  kPayload,       // of the whole payload
  kVariableData,  // of an EFI variable's data, not of its name
  kText,          // of the text behind the payload's label, as boot loaders measure commands
};
[[nodiscard]] std::string_view name_of(Proof proof);

// Compares the event's digest with what it should be if the payload is what was measured.
[[nodiscard]] Proof prove_payload(const Event& event);

// The part of the payload that the digest covers; empty with kNothing. Borrowed from the event.
[[nodiscard]] BytesView proven_part(const Event& event, Proof proof);

// Each register from zero: SHA-384(register ‖ digest) per event. kMalformed if an event is for a
// register that such a log cannot extend.
[[nodiscard]] Result<Registers> replay(const EventLog& log);

// A log whose digests are those that the registers of a quote accumulated.
class ReplayedLog {
 public:
  [[nodiscard]] const std::vector<Event>& events() const { return log_.events; }
  // What was measured by this event, if the digest proves it.
  [[nodiscard]] std::optional<BytesView> proven(const Event& event) const;
  // The kernel's command line, if a boot loader measured it as text: GRUB's own event for it, or
  // the last `linux` command.
  [[nodiscard]] std::optional<std::string> command_line() const;

 private:
  explicit ReplayedLog(EventLog log) : log_(std::move(log)) {}
  friend Result<ReplayedLog> replay_against(EventLog, const Registers&);
  EventLog log_;
};

// kReplayMismatch, naming the registers, unless the log adds up to exactly these. Whether the
// registers are genuine is the quote's matter.
[[nodiscard]] Result<ReplayedLog> replay_against(EventLog log, const Registers& registers);

}  // namespace cocoon::attest::eventlog
