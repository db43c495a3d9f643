#include "crypto/x509.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "codec/utf8.h"

namespace cocoon::crypto::x509 {
namespace {

using codec::DerElement;
using codec::DerReader;
using codec::DerTag;

constexpr std::size_t kSerialBytesMax = 21;  // RFC 5280 section 4.1.2.2: 20, and a sign
constexpr std::size_t kExtensionsMax = 32;

template <std::size_t N>
constexpr ByteArray<N> octets(const std::uint8_t (&values)[N]) {
  ByteArray<N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = std::byte{values[i]};
  return out;
}
constexpr auto kCommonName = octets({0x55, 0x04, 0x03});        // 2.5.4.3
constexpr auto kKeyUsage = octets({0x55, 0x1d, 0x0f});          // 2.5.29.15
constexpr auto kBasicConstraints = octets({0x55, 0x1d, 0x13});  // 2.5.29.19

std::unexpected<Error> bad(std::string message) {
  return fail(CryptoError::kBadCertificate, std::move(message));
}

// BIT STRING of whole bytes.
Result<BytesView> whole_bits(DerReader& in) {
  TRY(const BytesView bits, in.element(DerTag::kBitString));
  if (bits.empty() || bits[0] != std::byte{0}) return bad("bits that are not whole bytes");
  return bits.subspan(1);
}

Result<BytesView> serial_number(DerReader& in) {
  TRY(const BytesView serial, in.element(DerTag::kInteger));
  if (serial.empty() || serial.size() > kSerialBytesMax)
    return bad("serial number of a wrong size");
  if (serial.size() > 1) {
    const auto first = std::to_integer<unsigned>(serial[0]);
    const bool is_next_high = std::to_integer<unsigned>(serial[1]) >= 0x80;
    if ((first == 0 && !is_next_high) || (first == 0xff && is_next_high)) {
      return bad("serial number that is not DER");
    }
  }
  return serial;
}

Result<BytesView> whole_sequence(DerReader& in) {
  TRY(const DerElement element, in.next());
  if (element.tag != DerTag::kSequence) return bad("not a sequence where one belongs");
  return element.whole;
}

// Two decimal digits; the caller has seen that both are there.
Result<std::int64_t> two_digits(std::string_view text, std::size_t at) {
  const char tens = text[at];
  const char ones = text[at + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return bad("time that is not digits");
  return (tens - '0') * 10 + (ones - '0');
}

// UTCTime or GeneralizedTime in Zulu time with seconds (RFC 5280 section 4.1.2.5). A moment past
// 2106 (RFC 5280's "no expiry" is 9999) counts as the last one we can write; one before 1970 is
// refused.
Result<UnixSeconds> time(DerReader& in) {
  namespace chrono = std::chrono;
  TRY(const DerElement element, in.next());
  const std::string_view text = as_text(element.content);
  const std::size_t year_digits = element.tag == DerTag::kGeneralizedTime ? 4 : 2;
  if (element.tag != DerTag::kGeneralizedTime && element.tag != DerTag::kUtcTime) {
    return bad("not a time where one belongs");
  }
  if (text.size() != year_digits + 11 || text.back() != 'Z') return bad("time in an unknown form");
  std::array<std::int64_t, 6> pairs{};  // the last two digits of the year first
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    TRY(pairs[i], two_digits(text, year_digits - 2 + 2 * i));
  }
  std::int64_t year = pairs[0] + (pairs[0] < 50 ? 2000 : 1900);
  if (year_digits == 4) {
    TRY(const std::int64_t century, two_digits(text, 0));
    year = century * 100 + pairs[0];
  }
  const chrono::year_month_day date(chrono::year(static_cast<int>(year)),
                                    chrono::month(static_cast<unsigned>(pairs[1])),
                                    chrono::day(static_cast<unsigned>(pairs[2])));
  if (!date.ok() || pairs[3] > 23 || pairs[4] > 59 || pairs[5] > 59) return bad("no such time");
  const std::int64_t seconds = chrono::seconds(chrono::sys_days(date).time_since_epoch()).count() +
                               pairs[3] * 3600 + pairs[4] * 60 + pairs[5];
  if (seconds < 0) return bad("time before 1970");
  constexpr std::int64_t kLast = std::numeric_limits<std::uint32_t>::max();
  return UnixSeconds(static_cast<std::uint32_t>(std::min(seconds, kLast)));
}

// Extensions ::= SEQUENCE OF SEQUENCE { OID, BOOLEAN DEFAULT FALSE, OCTET STRING }
Result<std::vector<Extension>> extension_list(BytesView content) {
  DerReader outer(content);
  TRY(DerReader in, outer.sequence());
  TRY_VOID(outer.expect_end());
  std::vector<Extension> out;
  while (!in.at_end()) {
    if (out.size() == kExtensionsMax) return bad("too many extensions");
    TRY(DerReader fields, in.sequence());
    Extension extension;
    TRY(extension.oid, fields.element(DerTag::kObjectIdentifier));
    if (fields.is_next(DerTag::kBoolean)) {
      TRY(const BytesView critical, fields.element(DerTag::kBoolean));
      if (critical.size() != 1 || critical[0] != std::byte{0xff}) return bad("not a DER TRUE");
      extension.weight = Extension::Weight::kCritical;
    }
    TRY(extension.value, fields.element(DerTag::kOctetString));
    TRY_VOID(fields.expect_end());
    // Each at most once (RFC 5280 section 4.2): with two, readers could disagree on which counts.
    if (std::ranges::any_of(out, [&](const Extension& o) { return equal(o.oid, extension.oid); })) {
      return bad("repeated extension");
    }
    out.push_back(extension);
  }
  if (out.empty()) return bad("empty list of extensions");
  return out;
}

Status no_critical(const std::vector<Extension>& extensions) {
  const bool is_any_critical = std::ranges::any_of(extensions, [](const Extension& extension) {
    return extension.weight == Extension::Weight::kCritical;
  });
  if (is_any_critical) return bad("with a critical extension");
  return {};
}

// SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }, nothing after it.
Result<Signed> read_signed(BytesView der) {
  DerReader document(der);
  TRY(DerReader in, document.sequence());
  TRY_VOID(document.expect_end());
  Signed out;
  TRY(out.message, whole_sequence(in));
  TRY(out.algorithm, whole_sequence(in));
  TRY(out.signature, whole_bits(in));
  TRY_VOID(in.expect_end());
  return out;
}

// The algorithm is written a second time where it is signed (RFC 5280 section 4.1.1.2).
Status expect_algorithm(DerReader& in, const Signed& issued) {
  TRY(const BytesView inner, whole_sequence(in));
  if (!equal(inner, issued.algorithm)) return bad("two different signature algorithms");
  return {};
}

Result<CertificateFields> certificate_fields(BytesView der) {
  CertificateFields out;
  TRY(out.issued, read_signed(der));
  DerReader document(out.issued.message);
  TRY(DerReader in, document.sequence());
  TRY(const BytesView version, in.element(DerTag::kExplicit0));
  DerReader version_reader(version);
  TRY(const std::uint64_t number, version_reader.unsigned_integer());
  TRY_VOID(version_reader.expect_end());
  if (number != 2) return bad("not of version 3");
  TRY(out.serial, serial_number(in));
  TRY_VOID(expect_algorithm(in, out.issued));
  TRY(out.issuer, whole_sequence(in));
  TRY(DerReader validity, in.sequence());
  TRY(out.not_before, time(validity));
  TRY(out.not_after, time(validity));
  TRY_VOID(validity.expect_end());
  TRY(out.subject, whole_sequence(in));
  TRY(out.public_key, whole_sequence(in));
  if (!in.at_end()) {
    TRY(const BytesView extensions, in.element(DerTag::kExplicit3));
    TRY(out.extensions, extension_list(extensions));
  }
  TRY_VOID(in.expect_end());
  return out;
}

// SEQUENCE { serial, time, extensions OPTIONAL } of a revoked certificate.
Result<BytesView> revoked_serial(DerReader& entries) {
  TRY(DerReader entry, entries.sequence());
  TRY(const BytesView serial, serial_number(entry));
  TRY_VOID(time(entry));
  if (!entry.at_end()) {
    TRY(const BytesView extensions, whole_sequence(entry));
    TRY(const auto list, extension_list(extensions));
    TRY_VOID(no_critical(list));
  }
  TRY_VOID(entry.expect_end());
  return serial;
}

Result<ListFields> list_fields(BytesView der) {
  ListFields out;
  TRY(out.issued, read_signed(der));
  DerReader document(out.issued.message);
  TRY(DerReader in, document.sequence());
  TRY(const std::uint64_t version, in.unsigned_integer());
  if (version != 1) return bad("not of version 2");
  TRY_VOID(expect_algorithm(in, out.issued));
  TRY(out.issuer, whole_sequence(in));
  TRY(out.this_update, time(in));
  TRY(out.next_update, time(in));
  if (in.is_next(DerTag::kSequence)) {
    TRY(DerReader entries, in.sequence());
    while (!entries.at_end()) {
      TRY(const BytesView serial, revoked_serial(entries));
      out.serials.push_back(serial);
    }
  }
  if (!in.at_end()) {
    TRY(const BytesView extensions, in.element(DerTag::kExplicit0));
    TRY(const auto list, extension_list(extensions));
    TRY_VOID(no_critical(list));
  }
  TRY_VOID(in.expect_end());
  return out;
}

Status read_basic_constraints(BytesView value, Powers& out) {
  DerReader document(value);
  TRY(DerReader in, document.sequence());
  TRY_VOID(document.expect_end());
  if (in.is_next(DerTag::kBoolean)) {
    TRY(const BytesView authority, in.element(DerTag::kBoolean));
    if (authority.size() != 1 || authority[0] != std::byte{0xff}) return bad("not a DER TRUE");
    out.is_authority = true;
  }
  if (!in.at_end()) {
    TRY(out.path_length, in.unsigned_integer());
    if (!out.is_authority) return bad("path length of what is no authority");
  }
  return in.expect_end();
}

Status read_key_usage(BytesView value, Powers& out) {
  constexpr unsigned kKeyCertSign = 0x04;  // bits 5 and 6, from the top
  constexpr unsigned kCrlSign = 0x02;
  DerReader document(value);
  TRY(const BytesView bits, document.element(DerTag::kBitString));
  TRY_VOID(document.expect_end());
  if (bits.size() < 2 || bits.size() > 3 || std::to_integer<unsigned>(bits[0]) > 7) {
    return bad("key usage in an unknown form");
  }
  const auto first = std::to_integer<unsigned>(bits[1]);
  out.may_sign_certificates = (first & kKeyCertSign) != 0;
  out.may_sign_lists = (first & kCrlSign) != 0;
  return {};
}

// Whatever the DER reader says, under this room's code.
template <class T>
Result<T> as_certificate_error(Result<T> result, std::string_view what) {
  if (result.has_value()) return result;
  return bad(std::string(what) + ": " + result.error().message());
}

}  // namespace

Result<CertificateFields> read_certificate(BytesView der) {
  return as_certificate_error(certificate_fields(der), "certificate");
}

Result<ListFields> read_list(BytesView der) {
  return as_certificate_error(list_fields(der), "revocation list");
}

Result<Powers> read_powers(const std::vector<Extension>& extensions) {
  Powers out;
  for (const Extension& extension : extensions) {
    Status read;
    if (equal(extension.oid, kBasicConstraints))
      read = read_basic_constraints(extension.value, out);
    if (equal(extension.oid, kKeyUsage)) read = read_key_usage(extension.value, out);
    if (!read) return bad("certificate with a malformed extension: " + read.error().message());
  }
  return out;
}

bool is_understood(const Extension& extension) {
  return equal(extension.oid, kBasicConstraints) || equal(extension.oid, kKeyUsage);
}

// Name ::= SEQUENCE OF SET OF SEQUENCE { OID, value } (RFC 5280 section 4.1.2.4)
std::string common_name(BytesView name) {
  auto sets = DerReader(name).sequence();
  while (sets && !sets->at_end()) {
    const auto set = sets->element(DerTag::kSet);
    if (!set) return {};
    DerReader attributes(*set);
    while (!attributes.at_end()) {
      auto attribute = attributes.sequence();
      if (!attribute) return {};
      const auto oid = attribute->element(DerTag::kObjectIdentifier);
      if (!oid) return {};
      if (!equal(*oid, kCommonName)) continue;
      const auto value = attribute->next();
      const bool is_text =
          value && (value->tag == DerTag::kUtf8String || value->tag == DerTag::kPrintableString ||
                    value->tag == DerTag::kIa5String);
      if (!is_text || !codec::is_valid_utf8(as_text(value->content))) return {};
      return std::string(as_text(value->content));
    }
  }
  return {};
}

}  // namespace cocoon::crypto::x509
