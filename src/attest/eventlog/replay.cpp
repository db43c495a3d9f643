#include "attest/eventlog/replay.h"

#include <algorithm>
#include <utility>

#include "attest/eventlog/dstack_log.h"
#include "base/reader.h"

namespace cocoon::attest::eventlog {
namespace {

bool is_digest_of(const Event& event, BytesView bytes) {
  return crypto::sha384(bytes) == event.digest;
}

// An EFI variable's data in UEFI_VARIABLE_DATA: GUID[16] | name length u64 in characters | data
// length u64 | name | data.
std::optional<BytesView> variable_data(BytesView payload) {
  Reader in(payload, Endian::kLittle);
  if (!in.take(16).has_value()) return std::nullopt;
  const auto name_length = in.u64();
  const auto data_length = in.u64();
  if (!name_length || !data_length || *name_length > payload.size() ||
      !in.take(2 * *name_length).has_value()) {
    return std::nullopt;
  }
  const auto data = in.take(std::min<std::uint64_t>(*data_length, in.remaining()));
  if (!data || data->size() != *data_length || !in.at_end()) return std::nullopt;
  return *data;
}

// "grub_cmd: linux …\0" and "grub_cmd linux …\0": the text behind the first blank, with the zero
// that ends it if `with_zero` bytes of it are wanted. What follows the zero is the boot loader's
// memory.
std::optional<BytesView> labelled_text(BytesView payload, std::size_t with_zero) {
  const std::string_view text = as_text(payload);
  const std::size_t end = text.find('\0');
  const std::size_t blank = text.find(' ');
  if (end == std::string_view::npos || blank == std::string_view::npos || blank > end) {
    return std::nullopt;
  }
  return payload.subspan(blank + 1, end - blank - 1 + with_zero);
}

Proof prove_text(const Event& event) {
  for (const std::size_t with_zero : {std::size_t{0}, std::size_t{1}}) {
    const auto text = labelled_text(event.payload, with_zero);
    if (text && is_digest_of(event, *text)) return Proof::kText;
  }
  return Proof::kNothing;
}

constexpr std::size_t kFirstRtmr = 1;

}  // namespace

std::string_view name_of(Proof proof) {
  switch (proof) {
    case Proof::kNothing:
      return "digest only";
    case Proof::kPayload:
      return "payload";
    case Proof::kVariableData:
      return "variable data";
    case Proof::kText:
      return "text";
  }
  std::unreachable();
}

Proof prove_payload(const Event& event) {
  if (event.type == EventType::kDstackRuntime) {
    return dstack_runtime_digest(event.name, event.payload) == event.digest ? Proof::kPayload
                                                                            : Proof::kNothing;
  }
  if (is_digest_of(event, event.payload)) return Proof::kPayload;
  if (event.type == EventType::kEfiVariableBoot) {
    const auto data = variable_data(event.payload);
    if (data && is_digest_of(event, *data)) return Proof::kVariableData;
  }
  if (event.type == EventType::kIpl) return prove_text(event);
  return Proof::kNothing;
}

BytesView proven_part(const Event& event, Proof proof) {
  switch (proof) {
    case Proof::kNothing:
      return {};
    case Proof::kPayload:
      return event.payload;
    case Proof::kVariableData:
      return variable_data(event.payload).value_or(BytesView());
    case Proof::kText:
      return labelled_text(event.payload, 0).value_or(BytesView());
  }
  std::unreachable();
}

Result<Registers> replay(const EventLog& log) {
  Registers out{};
  for (const Event& event : log.events) {
    if (event.register_index < kFirstRtmr || event.register_index - kFirstRtmr >= out.size()) {
      return fail(EventLogError::kMalformed,
                  "event log: an event for register " + std::to_string(event.register_index));
    }
    crypto::Sha384Digest& rtmr = out[event.register_index - kFirstRtmr];
    rtmr = crypto::sha384(concat({rtmr, event.digest}));
  }
  return out;
}

std::optional<BytesView> ReplayedLog::proven(const Event& event) const {
  const Proof proof = prove_payload(event);
  if (proof == Proof::kNothing) return std::nullopt;
  return proven_part(event, proof);
}

std::optional<std::string> ReplayedLog::command_line() const {
  std::optional<std::string> found;
  for (const Event& event : log_.events) {
    if (event.type != EventType::kIpl || prove_payload(event) != Proof::kText) continue;
    const std::string_view label = as_text(event.payload);
    const std::string_view text = as_text(proven_part(event, Proof::kText));
    if (label.starts_with("kernel_cmdline") || label.starts_with("grub_kernel_cmdline")) {
      return std::string(text);
    }
    if (label.starts_with("grub_cmd") && text.starts_with("linux")) found = text;
  }
  return found;
}

Result<ReplayedLog> replay_against(EventLog log, const Registers& registers) {
  TRY(const Registers replayed, replay(log));
  std::string different;
  for (std::size_t i = 0; i < registers.size(); ++i) {
    if (replayed[i] != registers[i]) different += " RTMR" + std::to_string(i);
  }
  if (!different.empty()) {
    return fail(EventLogError::kReplayMismatch, "the event log does not add up to" + different);
  }
  return ReplayedLog(std::move(log));
}

}  // namespace cocoon::attest::eventlog
