#include "codec/der.h"

#include <charconv>
#include <limits>

#include "base/check.h"
#include "base/reader.h"

namespace cocoon::codec {
namespace {

constexpr std::uint8_t kLongForm = 0x80;

std::unexpected<Error> truncated() { return fail(CodecError::kMalformed, "truncated DER"); }

// X.690 §8.1.3 with the restriction of §10.1: definite, in the fewest octets.
Result<std::size_t> read_length(Reader& reader) {
  const Result<std::uint8_t> first = reader.u8();
  if (!first) return truncated();
  if (*first < kLongForm) return *first;
  const unsigned octets = *first & 0x7fU;
  if (octets == 0) return fail(CodecError::kNotCanonical, "DER of indefinite length");
  if (octets > 4) return fail(CodecError::kTooLarge, "DER element too large");
  std::size_t length = 0;
  for (unsigned i = 0; i < octets; ++i) {
    const Result<std::uint8_t> octet = reader.u8();
    if (!octet) return truncated();
    if (i == 0 && *octet == 0) return fail(CodecError::kNotCanonical, "DER length not minimal");
    length = (length << 8U) | *octet;
  }
  if (length < kLongForm) return fail(CodecError::kNotCanonical, "DER length not minimal");
  return length;
}

void append_base128(Bytes& out, std::uint64_t value) {
  constexpr unsigned kSeptets = 10;
  bool started = false;
  for (unsigned i = kSeptets; i-- > 0;) {
    const auto septet = static_cast<std::uint8_t>((value >> (7 * i)) & 0x7fU);
    if (septet == 0 && !started && i > 0) continue;
    started = true;
    out.push_back(static_cast<std::byte>(i > 0 ? septet | 0x80U : septet));
  }
}

Result<std::uint64_t> read_base128(Reader& reader) {
  std::uint64_t value = 0;
  for (bool first = true;; first = false) {
    const Result<std::uint8_t> octet = reader.u8();
    if (!octet) return truncated();
    if (first && *octet == 0x80) {
      return fail(CodecError::kNotCanonical, "DER object identifier not minimal");
    }
    if (value > (std::numeric_limits<std::uint64_t>::max() >> 7U)) {
      return fail(CodecError::kTooLarge, "DER object identifier out of range");
    }
    value = (value << 7U) | (*octet & 0x7fU);
    if ((*octet & 0x80U) == 0) return value;
  }
}

}  // namespace

Result<DerElement> DerReader::next() {
  TRY_VOID(peek());
  return any();
}

Result<DerElement> DerReader::any() {
  constexpr std::byte kLongTag{0x1f};
  if (rest_.empty()) return truncated();
  if ((rest_[0] & kLongTag) == kLongTag) {
    return fail(CodecError::kWrongType, "DER tag of several bytes");
  }
  const auto tag = static_cast<DerTag>(rest_[0]);
  Reader reader(rest_.subspan(1));
  TRY(const std::size_t length, read_length(reader));
  const Result<BytesView> content = reader.take(length);
  if (!content) return truncated();
  const BytesView whole = rest_.first(rest_.size() - reader.rest().size());
  rest_ = reader.rest();
  return DerElement{.tag = tag, .content = *content, .whole = whole};
}

bool DerReader::is_next(DerTag tag) const {
  return !rest_.empty() && static_cast<DerTag>(rest_[0]) == tag;
}

Result<BytesView> DerReader::element(DerTag tag) {
  TRY(const DerTag found, peek());
  if (found != tag) return fail(CodecError::kWrongType, "another DER element than expected");
  TRY(const DerElement element, next());
  return element.content;
}

Result<DerReader> DerReader::sequence() {
  TRY(const BytesView content, element(DerTag::kSequence));
  return DerReader(content);
}

Result<std::string> DerReader::object_identifier() {
  TRY(const BytesView content, element(DerTag::kObjectIdentifier));
  constexpr std::size_t kOctetsMax = 128;
  if (content.size() > kOctetsMax) {
    return fail(CodecError::kTooLarge, "DER object identifier too long");
  }
  Reader reader(content);
  TRY(const std::uint64_t first, read_base128(reader));
  const std::uint64_t root = first < 80 ? first / 40 : 2;
  std::string dotted = std::to_string(root) + "." + std::to_string(first - root * 40);
  while (!reader.at_end()) {
    TRY(const std::uint64_t arc, read_base128(reader));
    dotted += "." + std::to_string(arc);
  }
  return dotted;
}

Result<std::uint64_t> DerReader::unsigned_integer() {
  TRY(const BytesView content, element(DerTag::kInteger));
  if (content.empty()) return fail(CodecError::kMalformed, "empty DER integer");
  const auto first = std::to_integer<std::uint8_t>(content[0]);
  if ((first & 0x80U) != 0) return fail(CodecError::kWrongType, "negative DER integer");
  if (first == 0 && content.size() > 1 &&
      (std::to_integer<std::uint8_t>(content[1]) & 0x80U) == 0) {
    return fail(CodecError::kNotCanonical, "DER integer not minimal");
  }
  if (content.size() > 9 || (content.size() == 9 && first != 0)) {
    return fail(CodecError::kTooLarge, "DER integer out of range");
  }
  std::uint64_t value = 0;
  for (const std::byte byte : content) value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
  return value;
}

Result<DerTag> DerReader::peek() const {
  if (rest_.empty()) return truncated();
  switch (const auto tag = static_cast<DerTag>(rest_[0])) {
    case DerTag::kBoolean:
    case DerTag::kInteger:
    case DerTag::kBitString:
    case DerTag::kOctetString:
    case DerTag::kNull:
    case DerTag::kObjectIdentifier:
    case DerTag::kEnumerated:
    case DerTag::kUtf8String:
    case DerTag::kPrintableString:
    case DerTag::kIa5String:
    case DerTag::kUtcTime:
    case DerTag::kGeneralizedTime:
    case DerTag::kSequence:
    case DerTag::kSet:
    case DerTag::kExplicit0:
    case DerTag::kExplicit3:
      return tag;
  }
  return fail(CodecError::kWrongType, "DER tag outside the subset");
}

Status DerReader::expect_end() const {
  if (!rest_.empty()) return fail(CodecError::kMalformed, "bytes after the DER element");
  return {};
}

Bytes der_element(DerTag tag, BytesView content) {
  COCOON_CHECK(content.size() <= std::numeric_limits<std::uint32_t>::max());
  Writer out;
  out.u8(static_cast<std::uint8_t>(tag));
  if (content.size() < kLongForm) {
    out.u8(static_cast<std::uint8_t>(content.size()));
  } else {
    unsigned octets = 1;
    while (octets < 4 && (content.size() >> (8 * octets)) != 0) ++octets;
    out.u8(static_cast<std::uint8_t>(kLongForm | octets));
    for (unsigned i = octets; i-- > 0;) {
      out.u8(static_cast<std::uint8_t>((content.size() >> (8 * i)) & 0xffU));
    }
  }
  out.bytes(content);
  return std::move(out).take();
}

Bytes der_sequence(std::initializer_list<BytesView> elements) {
  return der_element(DerTag::kSequence, concat(elements));
}

Bytes der_object_identifier(std::string_view dotted) {
  std::vector<std::uint64_t> arcs;
  const char* at = dotted.data();
  const char* const end = at + dotted.size();
  while (true) {
    const auto [next, error] = std::from_chars(at, end, arcs.emplace_back());
    COCOON_CHECK(error == std::errc{});
    if (next == end) break;
    COCOON_CHECK(*next == '.');
    at = next + 1;
  }
  COCOON_CHECK(arcs.size() >= 2 && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40));
  COCOON_CHECK(arcs[1] <= std::numeric_limits<std::uint64_t>::max() - 80);
  Bytes content;
  append_base128(content, arcs[0] * 40 + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) append_base128(content, arcs[i]);
  return der_element(DerTag::kObjectIdentifier, content);
}

Bytes der_unsigned(std::uint64_t value) {
  Bytes content;
  constexpr unsigned kOctets = 8;
  for (unsigned i = kOctets; i-- > 0;) {
    const auto octet = static_cast<std::byte>((value >> (8 * i)) & 0xffU);
    if (content.empty() && octet == std::byte{0} && i > 0) continue;
    if (content.empty() && (octet & std::byte{0x80}) != std::byte{0}) content.push_back({});
    content.push_back(octet);
  }
  return der_element(DerTag::kInteger, content);
}

}  // namespace cocoon::codec
