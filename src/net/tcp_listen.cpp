#include "net/tcp_listen.h"

namespace cocoon::net {

Result<Endpoint> listen_on(boost::asio::ip::tcp::acceptor& acceptor, const Endpoint& at) {
  boost::system::error_code error;
  const auto refuse = [&] {
    return fail(NetError::kBind, "cannot listen on " + at.text() + ": " + error.message());
  };
  const auto address =
      boost::asio::ip::make_address(at.host == "localhost" ? "127.0.0.1" : at.host, error);
  if (error) return refuse();
  const boost::asio::ip::tcp::endpoint endpoint(address, at.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return refuse();
  const auto bound = acceptor.local_endpoint(error);
  if (error) return refuse();
  return Endpoint{.host = bound.address().to_string(), .port = bound.port()};
}

}  // namespace cocoon::net
