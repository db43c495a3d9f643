#pragma once

#include <string>
#include <string_view>

#include "ton/cell/builder.h"
#include "ton/tl/block_id.h"

namespace cocoon::ton {

// addr_std$10 anycast:(Maybe Anycast) workchain_id:int8 address:bits256 = MsgAddressInt
struct Address {
  std::int32_t workchain = 0;
  AccountId account;
  auto operator<=>(const Address&) const = default;
};

enum class Bounce : std::uint8_t { kBounceable, kNonBounceable };
enum class AddressNet : std::uint8_t { kMainnet, kTestnet };

struct ParsedAddress {
  Address address;
  // Of the friendly form; a raw one says neither and reads as bounceable on the main network.
  Bounce bounce = Bounce::kBounceable;
  AddressNet net = AddressNet::kMainnet;
};

// "0:" or "-1:" and 64 hexadecimal digits, or the 48 characters of the friendly form (TEP-2) in
// base64 or base64url. kBadAddress for anything else, a wrong checksum included. The workchain is
// within -128 … 127.
[[nodiscard]] Result<ParsedAddress> parse_address(std::string_view text);
[[nodiscard]] std::string raw_address(const Address& address);
// base64url, 48 characters.
[[nodiscard]] std::string friendly_address(const Address& address, Bounce bounce, AddressNet net);

void store_address(Builder& to, const Address& address);
// kUnknown for anycast and for any other form.
[[nodiscard]] Result<Address> load_address(Slice& slice);

}  // namespace cocoon::ton
