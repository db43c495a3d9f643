#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

// Inside this room: who counts as one peer where connections are counted.
namespace cocoon::net {

// An IPv4 address, or the first 64 bits of an IPv6 one: what one subscriber has at least.
[[nodiscard]] std::string network_of(const boost::asio::ip::address& address);

}  // namespace cocoon::net
