#include "attest/eventlog/replay.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "attest/eventlog/ccel.h"
#include "attest/eventlog/describe.h"
#include "attest/eventlog/direct_boot.h"
#include "attest/eventlog/dstack_log.h"
#include "codec/base64.h"

namespace cocoon::attest::eventlog {
namespace {

using codec::Json;

Bytes read(const std::string& path) {
  std::ifstream file("tests/data/attestation/" + path, std::ios::binary);
  REQUIRE(file.good());
  return to_bytes(std::string((std::istreambuf_iterator<char>(file)), {}));
}

EventLog recorded(const std::string& name) {
  auto log = parse_ccel(read("eventlog/" + name + ".bin"));
  REQUIRE(log.has_value());
  return *std::move(log);
}

// RTMR0 to RTMR3 of a TDX quote of version 4.
Registers registers_of(BytesView quote) {
  constexpr std::size_t kRtmr0 = 48 + 328;
  Registers out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::ranges::copy(quote.subspan(kRtmr0 + 48 * i, 48), out[i].begin());
  }
  return out;
}

// A guest of dstack's: its log, and what its quote says.
struct Pair {
  EventLog log;
  Registers registers;
  Json document;
};
Pair pair(const std::string& name) {
  const Bytes text = read("eventlog/pairs/" + name);
  Json document = codec::parse_json(as_text(text)).value();
  auto log = parse_dstack_log(*document.find("event_log")->as_string());
  REQUIRE(log.has_value());
  const Bytes quote = from_hex(*document.find("quote")->as_string()).value();
  return {
      .log = *std::move(log), .registers = registers_of(quote), .document = std::move(document)};
}

std::string text_of(const std::optional<BytesView>& bytes) {
  return bytes ? std::string(as_text(*bytes)) : std::string("(nothing)");
}

template <class T>
void check_refused(const Result<T>& result, EventLogError code) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message());
  CHECK(result.error().is(code));
}

TEST_CASE("parses recorded logs as their recorded parsed forms say") {
  for (const char* name : {"coco_alibaba", "coco_grub", "coco_gke", "coco_ovmf"}) {
    CAPTURE(name);
    const EventLog log = recorded(name);
    const Bytes text = read("eventlog/" + std::string(name) + ".json");
    const Json expected = codec::parse_json(as_text(text)).value();
    std::size_t at = 0;
    for (const Json& item : *expected.find("uefi_event_logs")->as_array()) {
      if (*item.find("type_name")->as_string() == "EV_NO_ACTION") continue;
      REQUIRE(at < log.events.size());
      const Event& event = log.events[at++];
      CHECK(event.register_index == item.find("index")->as_unsigned().value());
      CHECK(name_of(event.type) == *item.find("type_name")->as_string());
      const Json& digest = item.find("digests")->as_array()->front();
      CHECK(to_hex(event.digest) == *digest.find("digest")->as_string());
      CHECK(codec::to_base64(event.payload) == *item.find("event")->as_string());
      if (*item.find("digest_matches_event")->as_boolean()) {
        CHECK(prove_payload(event) != Proof::kNothing);
      }
    }
    CHECK(at == log.events.size());
  }
}

TEST_CASE("parses the other recorded logs and ends where their padding begins") {
  struct Case {
    const char* name;
    std::size_t events;
    std::size_t size;
  };
  for (const Case& c : {Case{"coco_gcp", 21, 20349},
                        {"dstack", 18, 1933},
                        {"google", 27, 2703},
                        {"google_cos113", 43, 18101},
                        {"google_cos113_dupe_separator", 43, 18101},
                        {"dstack_tpm", 43, 29812}}) {
    CAPTURE(c.name);
    const EventLog log = recorded(c.name);
    CHECK(log.events.size() == c.events);
    CHECK(log.size == c.size);
  }
  const auto table = parse_ccel_table(read("eventlog/google_table.bin"));
  REQUIRE(table.has_value());
  CHECK(table->cc_type == 2);
  CHECK(table->log_length > 0);
}

TEST_CASE("a recorded log replays to the RTMR0 of the quote taken on the same machine") {
  const Registers quoted = registers_of(read("tdx/03_v4_phala_old_b0c06f/quote.bin"));
  CHECK(replay(recorded("dstack")).value()[0] == quoted[0]);
  check_refused(replay_against(recorded("dstack"), quoted), EventLogError::kReplayMismatch);
}

TEST_CASE("logs that came with a quote replay to all four registers, and no altered one does") {
  for (const char* name : {"quote-report.json", "tdx-lite-getquote.json"}) {
    CAPTURE(name);
    const Pair recorded_pair = pair(name);
    CHECK(replay_against(recorded_pair.log, recorded_pair.registers).has_value());
    for (std::size_t i = 0; i < recorded_pair.log.events.size(); ++i) {
      CAPTURE(i);
      EventLog bent = recorded_pair.log;
      bent.events[i].digest[0] ^= std::byte{1};
      check_refused(replay_against(bent, recorded_pair.registers), EventLogError::kReplayMismatch);
      EventLog shorter = recorded_pair.log;
      shorter.events.erase(shorter.events.begin() + static_cast<std::ptrdiff_t>(i));
      check_refused(replay_against(shorter, recorded_pair.registers),
                    EventLogError::kReplayMismatch);
    }
  }
}

TEST_CASE("derives RTMR1 and RTMR2 of a recorded guest from the digests of its image") {
  const Pair lite = pair("tdx-lite-getquote.json");
  const Json config = codec::parse_json(*lite.document.find("vm_config")->as_string()).value();
  const Bytes measurement =
      codec::from_base64(*config.find("tdx_measurement")->find("measurement")->as_string()).value();
  // Its encoder does not sort keys, so our CBOR reader refuses it: the digests are found by name.
  const auto digest_named = [&](std::string_view name) {
    const std::size_t at = as_text(measurement).find(name);
    REQUIRE(at != std::string_view::npos);
    crypto::Sha384Digest out{};
    std::ranges::copy(BytesView(measurement).subspan(at + name.size() + 2, 48), out.begin());
    return out;
  };
  const DirectBootRegisters derived =
      direct_boot_registers({.kernel_authenticode = digest_named("kernel_authenticode"),
                             .command_line = digest_named("cmdline_sha384"),
                             .initrd = digest_named("initrd_sha384")});
  CHECK(derived.rtmr1 == lite.registers[1]);
  CHECK(derived.rtmr2 == lite.registers[2]);
}

TEST_CASE("knows what each digest proves of its payload") {
  const EventLog log = recorded("coco_alibaba");
  std::map<std::pair<EventType, Proof>, int> counts;
  for (const Event& event : log.events) counts[{event.type, prove_payload(event)}] += 1;
  CHECK(counts[{EventType::kEfiVariableDriverConfig, Proof::kPayload}] == 5);
  CHECK(counts[{EventType::kSeparator, Proof::kPayload}] == 2);
  CHECK(counts[{EventType::kEfiAction, Proof::kPayload}] == 3);
  CHECK(counts[{EventType::kEfiVariableBoot, Proof::kVariableData}] == 7);
  CHECK(counts[{EventType::kIpl, Proof::kText}] == 53);
  CHECK(counts[{EventType::kIpl, Proof::kNothing}] == 5);  // MokList and files: names only
  CHECK(counts[{EventType::kEfiBootServicesApplication, Proof::kNothing}] == 2);
  CHECK(counts[{EventType::kPlatformConfigFlags, Proof::kNothing}] == 3);
}

TEST_CASE("tells the command line that the boot loader measured") {
  EventLog log = recorded("coco_alibaba");
  const Registers registers = replay(log).value();
  const auto line = replay_against(log, registers)->command_line();
  REQUIRE(line.has_value());
  CHECK(line->starts_with("(hd0,gpt3)/boot/vmlinuz-5.10.134-19.1.al8.x86_64 root=UUID="));

  EventLog cos = recorded("google_cos113");
  const auto cos_line = replay_against(cos, replay(cos).value())->command_line();
  REQUIRE(cos_line.has_value());
  CHECK(cos_line->find(" root=") != std::string::npos);
}

TEST_CASE("a payload that the digest does not prove is never handed out as proven") {
  EventLog log = recorded("coco_alibaba");
  for (Event& event : log.events) {
    if (event.type != EventType::kIpl || prove_payload(event) != Proof::kText) continue;
    // The label is the log's own word; the text behind it is not.
    Event bent = event;
    bent.payload[bent.payload.size() - 4] ^= std::byte{1};
    CHECK(prove_payload(bent) == Proof::kNothing);
  }
  const ReplayedLog replayed = replay_against(log, replay(log).value()).value();
  for (const Event& event : replayed.events()) {
    CHECK(replayed.proven(event).has_value() == (prove_payload(event) != Proof::kNothing));
  }
  const Pair guest = pair("quote-report.json");
  const ReplayedLog of_guest = replay_against(guest.log, guest.registers).value();
  const Event& last = of_guest.events().back();
  CHECK(last.name == "LIUM_MINER_HOTKEY");
  CHECK(text_of(of_guest.proven(last)).starts_with("5D33Ptgfk"));
}

TEST_CASE("refuses malformed logs") {
  const Bytes good = read("eventlog/dstack.bin");
  for (std::size_t length = 0; length < 1933; ++length) {
    const auto cut = parse_ccel(BytesView(good).first(length));
    // A log may end between two events; what ends there replays to something else.
    if (cut.has_value()) CHECK(cut->events.size() < 18);
  }
  check_refused(parse_ccel(BytesView()), EventLogError::kMalformed);
  Bytes other_signature = good;
  other_signature[32] = std::byte{'s'};
  check_refused(parse_ccel(other_signature), EventLogError::kMalformed);
  Bytes other_algorithm = good;
  other_algorithm[60] = std::byte{0x0b};  // the one algorithm's number
  check_refused(parse_ccel(other_algorithm), EventLogError::kUnsupported);
  check_refused(parse_ccel(Bytes(kLogBytesMax + 1)), EventLogError::kTooLarge);
  check_refused(replay(recorded("dstack_tpm")), EventLogError::kMalformed);
}

TEST_CASE("refuses malformed JSON logs and runtime events that do not hash to their digest") {
  const std::string digest(96, '0');
  const auto event = [&](const std::string& imr, const std::string& type, const std::string& hash,
                         const std::string& more = "") {
    return parse_dstack_log("[{\"imr\":" + imr + ",\"event_type\":" + type + ",\"digest\":\"" +
                            hash + "\",\"event\":\"e\",\"event_payload\":\"00\"" + more + "}]");
  };
  CHECK(event("0", "4", digest).has_value());
  CHECK(event("3", "134217729", "").has_value());
  check_refused(event("4", "4", digest), EventLogError::kMalformed);
  check_refused(event("-1", "4", digest), EventLogError::kMalformed);
  check_refused(event("0", "4294967296", digest), EventLogError::kMalformed);
  check_refused(event("0", "4", ""), EventLogError::kMalformed);
  check_refused(event("3", "134217729", digest), EventLogError::kMalformed);
  check_refused(event("0", "4", digest, ",\"x\":1"), EventLogError::kMalformed);
  check_refused(parse_dstack_log("{}"), EventLogError::kMalformed);
  check_refused(parse_dstack_log("[[[[]]]]"), EventLogError::kMalformed);
}

TEST_CASE("describes what booted and what of it is authenticated") {
  const Pair guest = pair("quote-report.json");
  const Json described = describe_log(guest.log, guest.registers);
  CHECK(*described.find("replays")->as_boolean());
  const Json& last = described.find("events")->as_array()->back();
  CHECK(*last.find("authenticated")->as_boolean());
  CHECK(*last.find("register")->as_string() == "RTMR3");

  const Json alone = describe_log(guest.log, std::nullopt);
  CHECK(alone.find("replays") == nullptr);
  CHECK_FALSE(*alone.find("events")->as_array()->back().find("authenticated")->as_boolean());

  const Json other = describe_log(guest.log, Registers{});
  CHECK_FALSE(*other.find("replays")->as_boolean());
  CHECK(other.find("replay_error") != nullptr);
  CHECK_FALSE(*other.find("events")->as_array()->back().find("authenticated")->as_boolean());
  CHECK(other.find("kernel_command_line") == nullptr);
}

TEST_CASE("a command line is measured as UTF-16 with a final zero") {
  CHECK(command_line_digest("a") == crypto::sha384(from_hex("61000000").value()));
}

}  // namespace
}  // namespace cocoon::attest::eventlog
