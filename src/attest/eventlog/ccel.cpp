#include "attest/eventlog/ccel.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/reader.h"

namespace cocoon::attest::eventlog {
namespace {

constexpr std::string_view kSpecIdSignature("Spec ID Event03\0", 16);
constexpr std::uint16_t kSha384 = 0x000c;
constexpr std::uint32_t kAlgorithmsMax = 8;
constexpr std::uint16_t kDigestSizeMax = 64;
constexpr std::size_t kTableSize = 56;

// Digest sizes by TCG's algorithm number, as the log's first event lists them.
using DigestSizes = std::map<std::uint16_t, std::uint16_t>;

std::unexpected<Error> malformed(const char* why) {
  return fail(EventLogError::kMalformed, std::string("event log: ") + why);
}

Result<DigestSizes> parse_spec_id(BytesView payload) {
  Reader in(payload, Endian::kLittle);
  TRY(const BytesView signature, in.take(16));
  if (as_text(signature) != kSpecIdSignature) return malformed("does not begin with its version");
  TRY_VOID(in.take(8));  // platform class, version, errata, size of UINTN
  TRY(const std::uint32_t count, in.u32());
  if (count == 0 || count > kAlgorithmsMax) return malformed("number of digest algorithms");
  DigestSizes out;
  for (std::uint32_t i = 0; i < count; ++i) {
    TRY(const std::uint16_t algorithm, in.u16());
    TRY(const std::uint16_t size, in.u16());
    if (size == 0 || size > kDigestSizeMax || !out.emplace(algorithm, size).second) {
      return malformed("list of digest algorithms");
    }
  }
  const auto sha384 = out.find(kSha384);
  if (sha384 == out.end() || sha384->second != 48) {
    return fail(EventLogError::kUnsupported, "event log without SHA-384 digests");
  }
  TRY(const std::uint8_t vendor_size, in.u8());
  TRY_VOID(in.take(vendor_size));
  TRY_VOID(in.expect_end());
  return out;
}

// The first event has TCG's older format, whose one digest is SHA-1's size.
Result<DigestSizes> parse_header(Reader& in) {
  TRY_VOID(in.take(4));  // register, of no meaning here
  TRY(const std::uint32_t type, in.u32());
  if (static_cast<EventType>(type) != EventType::kNoAction) {
    return malformed("does not begin with its version");
  }
  TRY_VOID(in.take(20));
  TRY(const std::uint32_t size, in.u32());
  TRY(const BytesView payload, in.take(size));
  return parse_spec_id(payload);
}

Result<crypto::Sha384Digest> parse_digests(Reader& in, const DigestSizes& sizes) {
  TRY(const std::uint32_t count, in.u32());
  if (count != sizes.size()) return malformed("an event with another number of digests");
  std::optional<crypto::Sha384Digest> out;
  std::uint16_t seen = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    TRY(const std::uint16_t algorithm, in.u16());
    const auto size = sizes.find(algorithm);
    if (size == sizes.end() || (i > 0 && algorithm <= seen)) {
      return malformed("an event with a digest of another algorithm");
    }
    seen = algorithm;
    TRY(const BytesView digest, in.take(size->second));
    if (algorithm != kSha384) continue;
    out.emplace();
    std::ranges::copy(digest, out->begin());
  }
  if (!out) return malformed("an event without a SHA-384 digest");
  return *out;
}

bool at_padding(BytesView rest) {
  if (rest.empty()) return true;
  const BytesView head = rest.first(std::min<std::size_t>(rest.size(), 8));
  const auto all = [head](std::byte value) {
    return std::ranges::all_of(head, [value](std::byte b) { return b == value; });
  };
  return all(std::byte{0xff}) || all(std::byte{0});
}

Result<EventLog> parse_all(BytesView bytes) {
  if (bytes.size() > kLogBytesMax) {
    return fail(EventLogError::kTooLarge, "event log of more than 1 MiB");
  }
  Reader in(bytes, Endian::kLittle);
  TRY(const DigestSizes sizes, parse_header(in));
  EventLog out;
  while (!at_padding(in.rest())) {
    Event event;
    TRY(event.register_index, in.u32());
    TRY(const std::uint32_t type, in.u32());
    event.type = static_cast<EventType>(type);
    TRY(event.digest, parse_digests(in, sizes));
    TRY(const std::uint32_t size, in.u32());
    TRY(const BytesView payload, in.take(size));
    if (event.type == EventType::kNoAction) continue;
    if (out.events.size() == kEventsMax) {
      return fail(EventLogError::kTooLarge, "event log of too many events");
    }
    event.payload = to_bytes(payload);
    out.events.push_back(std::move(event));
  }
  out.size = bytes.size() - in.remaining();
  return out;
}

// Failures of the reader, too, are this format's.
template <class T>
Result<T> or_malformed(Result<T> result) {
  if (result.has_value() || result.error().library() == Library::kAttestEventLog) return result;
  return malformed(result.error().message().c_str());
}

Result<CcelTable> parse_table(BytesView bytes) {
  if (bytes.size() != kTableSize) return malformed("CCEL table of the wrong length");
  Reader in(bytes, Endian::kLittle);
  TRY(const BytesView signature, in.take(4));
  TRY(const std::uint32_t length, in.u32());
  if (as_text(signature) != "CCEL" || length != kTableSize) return malformed("not a CCEL table");
  unsigned sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
  if (sum % 256 != 0) return malformed("CCEL table with a wrong checksum");
  TRY_VOID(in.take(28));  // revision, checksum, OEM and creator
  CcelTable out;
  TRY(out.cc_type, in.u8());
  TRY(out.cc_subtype, in.u8());
  TRY_VOID(in.take(2));
  TRY(out.log_length, in.u64());
  TRY(out.log_address, in.u64());
  TRY_VOID(in.expect_end());
  return out;
}

}  // namespace

Result<EventLog> parse_ccel(BytesView bytes) { return or_malformed(parse_all(bytes)); }

Result<CcelTable> parse_ccel_table(BytesView bytes) { return or_malformed(parse_table(bytes)); }

}  // namespace cocoon::attest::eventlog
