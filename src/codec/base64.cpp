#include "codec/base64.h"

#include <array>
#include <cstdint>

namespace cocoon::codec {
namespace {

using Alphabet = std::string_view;
constexpr Alphabet kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr Alphabet kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t kNotADigit = 0xff;
using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable digits_of(Alphabet alphabet) {
  DigitTable table{};
  table.fill(kNotADigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr DigitTable kStandardDigits = digits_of(kStandard);
constexpr DigitTable kUrlSafeDigits = digits_of(kUrlSafe);

std::string encode(BytesView bytes, Alphabet alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const std::byte byte : bytes) {
    bits = (bits << 8U) | std::to_integer<std::uint32_t>(byte);
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      out += alphabet[(bits >> bit_count) & 0x3fU];
    }
  }
  if (bit_count > 0) out += alphabet[(bits << (6 - bit_count)) & 0x3fU];
  return out;
}

// `text` without padding.
Result<Bytes> decode(std::string_view text, const DigitTable& digits) {
  if (text.size() % 4 == 1) return fail(CodecError::kMalformed, "base64 of impossible length");
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == kNotADigit) return fail(CodecError::kMalformed, "not base64");
    bits = (bits << 6U) | digit;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      out.push_back(static_cast<std::byte>((bits >> bit_count) & 0xffU));
    }
  }
  if ((bits & ((1U << bit_count) - 1)) != 0) {
    return fail(CodecError::kNotCanonical, "base64 with non-zero unused bits");
  }
  return out;
}

}  // namespace

std::string to_base64(BytesView bytes) {
  std::string out = encode(bytes, kStandard);
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return fail(CodecError::kMalformed, "base64 without its padding");
  if (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 3 && text.ends_with('=')) text.remove_suffix(1);
  return decode(text, kStandardDigits);
}

std::string to_base64url(BytesView bytes) { return encode(bytes, kUrlSafe); }

Result<Bytes> from_base64url(std::string_view text) { return decode(text, kUrlSafeDigits); }

}  // namespace cocoon::codec
