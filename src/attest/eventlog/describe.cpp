#include "attest/eventlog/describe.h"

#include <algorithm>

#include "attest/eventlog/ccel.h"
#include "attest/eventlog/dstack_log.h"
#include "base/reader.h"

namespace cocoon::attest::eventlog {
namespace {

using codec::Json;

constexpr std::size_t kShownBytesMax = 256;

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

// ASCII, or UTF-16LE of ASCII, without final zeros; nothing if it is neither.
std::optional<std::string> as_readable(BytesView bytes) {
  std::string text(as_text(bytes));
  const bool wide = text.size() >= 4 && text.size() % 2 == 0 && text[1] == '\0' && text[3] == '\0';
  if (wide) {
    std::string narrow;
    for (std::size_t i = 0; i < text.size(); i += 2) {
      if (text[i + 1] != '\0') return std::nullopt;
      narrow.push_back(text[i]);
    }
    text = std::move(narrow);
  }
  while (!text.empty() && text.back() == '\0') text.pop_back();
  if (text.empty() || !std::ranges::all_of(text, is_printable)) return std::nullopt;
  return text;
}

// The name in UEFI_VARIABLE_DATA.
std::optional<std::string> variable_name(BytesView payload) {
  Reader in(payload, Endian::kLittle);
  if (!in.take(16).has_value()) return std::nullopt;
  const auto length = in.u64();
  if (!length || !in.u64() || *length > payload.size()) return std::nullopt;
  const auto name = in.take(2 * *length);
  if (!name) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < name->size(); i += 2) {
    const auto c = static_cast<char>((*name)[i]);
    if ((*name)[i + 1] != std::byte{0} || !is_printable(c)) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

bool is_variable(EventType type) {
  return type == EventType::kEfiVariableDriverConfig || type == EventType::kEfiVariableBoot ||
         type == EventType::kEfiVariableBoot2 || type == EventType::kEfiVariableAuthority;
}

void describe_payload(const Event& event, Json& out) {
  if (is_variable(event.type)) {
    if (auto name = variable_name(event.payload)) out.set("variable", Json::string(*name));
  }
  if (auto text = as_readable(event.payload)) {
    out.set("text", Json::string(*text));
  } else if (!event.payload.empty()) {
    const BytesView shown =
        BytesView(event.payload).first(std::min(event.payload.size(), kShownBytesMax));
    out.set("payload", Json::string(to_hex(shown)));
  }
  out.set("payload_bytes", Json::number(std::uint64_t{event.payload.size()}));
}

std::string register_name(std::uint32_t index) {
  if (index == 0) return "MRTD";
  if (index <= 4) return "RTMR" + std::to_string(index - 1);
  return "register " + std::to_string(index);
}

enum class Authority : std::uint8_t { kNone, kReplayed };

Json describe_event(const Event& event, Authority authority) {
  Json out = Json::object({
      {"register", Json::string(register_name(event.register_index))},
      {"type", Json::string(name_of(event.type))},
      {"digest", Json::string(to_hex(event.digest))},
  });
  if (!event.name.empty()) out.set("name", Json::string(event.name));
  describe_payload(event, out);
  const Proof proof = prove_payload(event);
  out.set("digest_covers", Json::string(name_of(proof)));
  out.set("authenticated",
          Json::boolean(authority == Authority::kReplayed && proof != Proof::kNothing));
  return out;
}

Json describe_registers(const Registers& registers) {
  Json::Array out;
  for (const crypto::Sha384Digest& value : registers) out.push_back(Json::string(to_hex(value)));
  return Json::array(std::move(out));
}

}  // namespace

Result<EventLog> parse_any(BytesView bytes) {
  const bool is_json = !bytes.empty() && static_cast<char>(bytes[0]) == '[';
  return is_json ? parse_dstack_log(as_text(bytes)) : parse_ccel(bytes);
}

Json describe_log(const EventLog& log, const std::optional<Registers>& quoted) {
  Json out = Json::object();
  const auto replayed = replay(log);
  const bool matches = quoted && replayed.has_value() && *replayed == *quoted;
  if (replayed.has_value()) out.set("rtmr", describe_registers(*replayed));
  if (quoted) {
    out.set("replays", Json::boolean(matches));
    const auto verified = replay_against(log, *quoted);
    if (!verified.has_value()) out.set("replay_error", Json::string(verified.error().message()));
    if (verified.has_value()) {
      const auto command_line = verified->command_line();
      if (command_line) out.set("kernel_command_line", Json::string(*command_line));
    }
  }
  Json::Array events;
  for (const Event& event : log.events) {
    events.push_back(describe_event(event, matches ? Authority::kReplayed : Authority::kNone));
  }
  out.set("events", Json::array(std::move(events)));
  return out;
}

}  // namespace cocoon::attest::eventlog
