#include "net/peer_network.h"

#include <algorithm>

namespace cocoon::net {

namespace ip = boost::asio::ip;

std::string network_of(const ip::address& address) {
  if (address.is_v4()) return address.to_string();
  ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  constexpr std::size_t kSubscriberBytes = 8;
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + kSubscriberBytes, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace cocoon::net
