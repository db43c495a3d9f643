#include "codec/utf8.h"

#include <cstdint>

namespace cocoon::codec {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xc0U) == 0x80U; }

// What the first byte says about the sequence: its length, and the range its second byte must lie
// in, which is where overlong forms, surrogates and values above U+10FFFF are told apart (RFC 3629
// §4).
struct Lead {
  std::size_t length = 0;
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xbf;
};

Lead classify(std::uint8_t first) {
  if (first < 0x80) return {.length = 1};
  if (first < 0xc2) return {};
  if (first < 0xe0) return {.length = 2};
  if (first == 0xe0) return {.length = 3, .second_min = 0xa0};
  if (first == 0xed) return {.length = 3, .second_max = 0x9f};
  if (first < 0xf0) return {.length = 3};
  if (first == 0xf0) return {.length = 4, .second_min = 0x90};
  if (first < 0xf4) return {.length = 4};
  if (first == 0xf4) return {.length = 4, .second_max = 0x8f};
  return {};
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text, std::size_t at) {
  const Lead lead = classify(byte_at(text, at));
  if (lead.length < 2) return lead.length;
  if (text.size() - at < lead.length) return 0;
  const std::uint8_t second = byte_at(text, at + 1);
  if (second < lead.second_min || second > lead.second_max) return 0;
  for (std::size_t i = 2; i < lead.length; ++i) {
    if (!is_continuation(byte_at(text, at + i))) return 0;
  }
  return lead.length;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace cocoon::codec
