#include "net/connection.h"

#include "net/http2_session.h"

namespace cocoon::net {

Connection::Connection(std::shared_ptr<Http2Session> session, std::optional<wire::Hello> peer)
    : session_(std::move(session)), peer_(peer) {}
Connection::~Connection() { session_->close(); }

const std::string& Connection::remote() const { return session_->remote(); }
bool Connection::is_open() const { return session_->is_open(); }
std::size_t Connection::streams() const { return session_->streams(); }
async::Task<void> Connection::wait_closed() { return session_->wait_closed(); }
async::Task<void> Connection::drain(async::Deadline deadline) { return session_->drain(deadline); }
void Connection::close() { session_->close(); }

ports::HttpClient& ClientConnection::http() const { return session(); }
bool ClientConnection::takes_requests() const { return session().takes_requests(); }
async::Task<void> ClientConnection::wait_refusing() { return session().wait_refusing(); }

}  // namespace cocoon::net
