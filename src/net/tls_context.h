#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <string>
#include <vector>

#include "base/result.h"

// Inside this room: OpenSSL contexts.
namespace cocoon::net {

// TLS 1.3 only, no tickets, no early data, no verification of certificates.
[[nodiscard]] Result<boost::asio::ssl::context> make_client_context();

// As above, with a key and a certificate made here. `alpns` has to outlive every connection of the
// context.
[[nodiscard]] Result<boost::asio::ssl::context> make_server_context(
    const std::vector<std::string>& alpns);

// OpenSSL's first queued error, as text without details of ours; empties the queue.
[[nodiscard]] std::string take_openssl_error();

}  // namespace cocoon::net
