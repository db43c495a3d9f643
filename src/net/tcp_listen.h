#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/endpoint.h"

// Inside this room: what both servers do to an acceptor.
namespace cocoon::net {

// Binds and listens; returns where. The host is a numeric address or "localhost" (127.0.0.1).
[[nodiscard]] Result<Endpoint> listen_on(boost::asio::ip::tcp::acceptor& acceptor,
                                         const Endpoint& at);

}  // namespace cocoon::net
