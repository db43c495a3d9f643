#include "apps/cocoon/ton_address.h"

#include <algorithm>

#include "apps/cocoon/error.h"
#include "codec/base64.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kFriendlyChars = 48;
constexpr std::size_t kFriendlyBytes = 36;  // tag, workchain, 32 bytes of hash, 2 of checksum
constexpr auto kBounceable = std::byte{0x11};
constexpr auto kNonBounceable = std::byte{0x51};
constexpr auto kTestOnly = std::byte{0x80};

// CRC-16/XMODEM: polynomial 0x1021, beginning from zero.
std::uint16_t checksum(BytesView bytes) {
  std::uint32_t crc = 0;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1U) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U);
  }
  return static_cast<std::uint16_t>(crc & 0xffffU);
}

bool is_raw(std::string_view text) {
  for (const std::string_view workchain : {"0:", "-1:"}) {
    if (!text.starts_with(workchain)) continue;
    const std::string_view hash = text.substr(workchain.size());
    return hash.size() == 64 && std::ranges::all_of(hash, [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
  }
  return false;
}

}  // namespace

Status check_ton_address(std::string_view text) {
  if (is_raw(text)) return {};
  if (text.size() != kFriendlyChars) {
    return fail(AppError::kBadInput,
                "a TON address has 48 characters, or is 0: and 64 hexadecimal digits");
  }
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  const auto bytes = codec::from_base64(standard);
  if (!bytes || bytes->size() != kFriendlyBytes) {
    return fail(AppError::kBadInput,
                "a TON address holds letters, digits, - and _ (or + and /) only");
  }
  const BytesView all(*bytes);
  const std::uint16_t said = static_cast<std::uint16_t>(std::to_integer<unsigned>(all[34]) << 8U |
                                                        std::to_integer<unsigned>(all[35]));
  if (checksum(all.first(34)) != said) {
    return fail(AppError::kBadInput, "the TON address has a typing error: its checksum differs");
  }
  const std::byte tag = all[0] & ~kTestOnly;
  if (tag != kBounceable && tag != kNonBounceable) {
    return fail(AppError::kBadInput, "the TON address begins with an unknown tag");
  }
  return {};
}

}  // namespace cocoon::apps
