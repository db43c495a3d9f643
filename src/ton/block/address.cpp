#include "ton/block/address.h"

#include <charconv>

#include "codec/base64.h"
#include "ton/cell/crc.h"

namespace cocoon::ton {
namespace {

// TEP-2: tag (0x11 bounceable, 0x51 non-bounceable, +0x80 test networks), workchain, account,
// CRC-16.
constexpr unsigned kTagBounceable = 0x11;
constexpr unsigned kTagNonBounceable = 0x51;
constexpr unsigned kTagTestnet = 0x80;
constexpr std::size_t kFriendlyBytes = 36;
constexpr std::size_t kFriendlyText = 48;

std::unexpected<Error> bad(const char* what) { return fail(TonError::kBadAddress, what); }

// int8 in two's complement.
std::int32_t signed_byte(std::uint8_t byte) { return byte < 0x80 ? byte : byte - 0x100; }

Result<ParsedAddress> parse_raw(std::string_view text, std::size_t colon) {
  ParsedAddress parsed;
  const std::string_view number = text.substr(0, colon);
  const char* const end = number.data() + number.size();
  const auto [stopped, failed] =
      std::from_chars(number.data(), number.data() + number.size(), parsed.address.workchain);
  if (failed != std::errc() || stopped != end || parsed.address.workchain < -128 ||
      parsed.address.workchain > 127) {
    return bad("a workchain that is no number from -128 to 127");
  }
  auto account = AccountId::from_hex(text.substr(colon + 1));
  if (!account) return bad("an address without its 64 hexadecimal digits");
  parsed.address.account = *account;
  return parsed;
}

Result<ParsedAddress> parse_friendly(std::string_view text) {
  if (text.size() != kFriendlyText)
    return bad("an address has 48 characters, or a workchain, a colon and 64 digits");
  // 48 characters need no padding, so both alphabets differ in two characters only.
  const bool is_standard = text.find_first_of("+/") != std::string_view::npos;
  auto bytes = is_standard ? codec::from_base64(text) : codec::from_base64url(text);
  if (!bytes || bytes->size() != kFriendlyBytes) return bad("an address that is not base64");
  const BytesView view(*bytes);
  if (bits_at(view, (kFriendlyBytes - 2) * 8, 16) != crc16(view.first(kFriendlyBytes - 2))) {
    return bad("an address with a wrong checksum");
  }
  ParsedAddress parsed;
  const auto tag = std::to_integer<unsigned>(view[0]);
  parsed.net = (tag & kTagTestnet) != 0 ? AddressNet::kTestnet : AddressNet::kMainnet;
  const unsigned kind = tag & ~kTagTestnet;
  if (kind != kTagBounceable && kind != kTagNonBounceable)
    return bad("an address of an unknown kind");
  parsed.bounce = kind == kTagBounceable ? Bounce::kBounceable : Bounce::kNonBounceable;
  parsed.address.workchain = signed_byte(static_cast<std::uint8_t>(view[1]));
  TRY(parsed.address.account, AccountId::from(view.subspan(2, AccountId::kSize)));
  return parsed;
}

}  // namespace

Result<ParsedAddress> parse_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos ? parse_raw(text, colon) : parse_friendly(text);
}

std::string raw_address(const Address& address) {
  return std::to_string(address.workchain) + ":" + address.account.hex();
}

std::string friendly_address(const Address& address, Bounce bounce, AddressNet net) {
  const unsigned tag = (bounce == Bounce::kBounceable ? kTagBounceable : kTagNonBounceable) |
                       (net == AddressNet::kTestnet ? kTagTestnet : 0U);
  Writer bytes;
  bytes.u8(static_cast<std::uint8_t>(tag))
      .u8(static_cast<std::uint8_t>(address.workchain))
      .bytes(address.account.view());
  const std::uint16_t checksum = crc16(bytes.view());
  return codec::to_base64url(bytes.u16(checksum).view());
}

void store_address(Builder& to, const Address& address) {
  to.uint(0b100, 3)
      .uint(static_cast<std::uint8_t>(address.workchain), 8)
      .bytes(address.account.view());
}

Result<Address> load_address(Slice& slice) {
  TRY_VOID(slice.expect_tag(0b100, 3, "form of address"));
  Address address;
  TRY(const std::uint8_t workchain, slice.load<std::uint8_t>());
  address.workchain = signed_byte(workchain);
  TRY(address.account, slice.load_tagged<AccountId>());
  return address;
}

}  // namespace cocoon::ton
