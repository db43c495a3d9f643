#pragma once

#include <memory>

#include "net/http1_connection.h"

// Inside this room: one request's body and its answer, as handlers see them.
namespace cocoon::net {

[[nodiscard]] std::unique_ptr<ports::BodyReader> make_request_body(
    std::shared_ptr<Http1Connection> connection, Http1Connection::Exchange exchange);
[[nodiscard]] std::unique_ptr<ports::ResponseWriter> make_response_writer(
    std::shared_ptr<Http1Connection> connection, Http1Connection::Exchange exchange);

}  // namespace cocoon::net
