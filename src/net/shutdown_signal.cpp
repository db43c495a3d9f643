#include "net/shutdown_signal.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace cocoon::net {

async::Task<void> wait_for_shutdown_signal() {
  boost::asio::signal_set signals(co_await async::this_executor(), SIGTERM, SIGINT);
  boost::system::error_code ignored;
  co_await signals.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

}  // namespace cocoon::net
