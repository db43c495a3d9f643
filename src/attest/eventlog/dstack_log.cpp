#include "attest/eventlog/dstack_log.h"

#include <algorithm>
#include <limits>

#include "base/reader.h"
#include "codec/json.h"

namespace cocoon::attest::eventlog {
namespace {

using codec::Json;

constexpr std::size_t kNodesPerEvent = 6;

std::unexpected<Error> malformed(const std::string& why) {
  return fail(EventLogError::kMalformed, "event log: " + why);
}

Result<std::string_view> text_field(const Json& event, std::string_view name) {
  const Json* const value = event.find(name);
  if (value == nullptr || value->as_string() == nullptr)
    return malformed("no text " + std::string(name));
  return std::string_view(*value->as_string());
}

Result<Bytes> hex_field(const Json& event, std::string_view name) {
  TRY(const std::string_view text, text_field(event, name));
  const auto bytes = from_hex(text);
  if (!bytes.has_value()) return malformed(std::string(name) + " is not hexadecimal");
  return *bytes;
}

Result<std::uint64_t> number_field(const Json& event, std::string_view name, std::uint64_t max) {
  const Json* const value = event.find(name);
  if (value == nullptr) return malformed("no " + std::string(name));
  const auto number = value->as_unsigned();
  if (!number.has_value() || *number > max) return malformed("bad " + std::string(name));
  return *number;
}

// What the log says, or for runtime events what follows from name and payload.
Result<crypto::Sha384Digest> digest_of(const Json& item, const Event& event) {
  TRY(const Bytes stated, hex_field(item, "digest"));
  if (event.type == EventType::kDstackRuntime) {
    const crypto::Sha384Digest computed = dstack_runtime_digest(event.name, event.payload);
    if (!stated.empty() && !equal(stated, computed)) {
      return malformed("a runtime event whose digest is not that of its payload");
    }
    return computed;
  }
  crypto::Sha384Digest out{};
  if (stated.size() != out.size()) return malformed("digest of the wrong length");
  std::ranges::copy(stated, out.begin());
  return out;
}

Result<Event> parse_event(const Json& item) {
  constexpr std::size_t kFields = 5;
  if (item.as_object() == nullptr || item.as_object()->size() != kFields) {
    return malformed("not an event of five fields");
  }
  Event out;
  TRY(const std::uint64_t index, number_field(item, "imr", 3));
  out.register_index = static_cast<std::uint32_t>(index) + 1;
  TRY(const std::uint64_t type,
      number_field(item, "event_type", std::numeric_limits<std::uint32_t>::max()));
  out.type = static_cast<EventType>(type);
  TRY(const std::string_view name, text_field(item, "event"));
  out.name = name;
  TRY(out.payload, hex_field(item, "event_payload"));
  TRY(out.digest, digest_of(item, out));
  return out;
}

}  // namespace

crypto::Sha384Digest dstack_runtime_digest(std::string_view name, BytesView payload) {
  Writer type(Endian::kLittle);
  type.u32(static_cast<std::uint32_t>(EventType::kDstackRuntime));
  return crypto::sha384(
      concat({type.view(), as_bytes(":"), as_bytes(name), as_bytes(":"), payload}));
}

Result<EventLog> parse_dstack_log(std::string_view json) {
  if (json.size() > kLogBytesMax) {
    return fail(EventLogError::kTooLarge, "event log of more than 1 MiB");
  }
  const auto parsed =
      codec::parse_json(json, {.depth = 3, .nodes = kNodesPerEvent * kEventsMax + 1});
  if (!parsed.has_value()) return malformed(parsed.error().message());
  if (parsed->as_array() == nullptr) return malformed("not an array");
  EventLog out;
  out.size = json.size();
  for (const Json& item : *parsed->as_array()) {
    TRY(Event event, parse_event(item));
    if (event.type == EventType::kNoAction) continue;
    out.events.push_back(std::move(event));
  }
  return out;
}

}  // namespace cocoon::attest::eventlog
