#include "apps/common/links.h"

namespace cocoon::apps {
namespace {

template <class Port, class Connection>
class LinkOver : public Port {
 public:
  explicit LinkOver(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  [[nodiscard]] ports::Task<void> wait_closed() override { return connection_->wait_closed(); }
  [[nodiscard]] ports::Task<void> drain(ports::Deadline by) override {
    return connection_->drain(by);
  }
  void close() override { connection_->close(); }

 protected:
  [[nodiscard]] Connection& connection() const { return *connection_; }

 private:
  std::shared_ptr<Connection> connection_;
};

class WorkerLinkOver final : public LinkOver<ports::WorkerLink, net::ReverseConnection> {
 public:
  using LinkOver::LinkOver;
  [[nodiscard]] ports::HttpClient& client() override { return connection().http(); }
  [[nodiscard]] const crypto::Ed25519PublicKey& identity_key() const override {
    return connection().hello().identity_key;
  }
};

}  // namespace

std::shared_ptr<ports::WorkerLink> worker_link(std::shared_ptr<net::ReverseConnection> connection) {
  return std::make_shared<WorkerLinkOver>(std::move(connection));
}

ports::Task<Result<std::shared_ptr<ports::Link>>> WorkerDialer::dial(ports::Endpoint proxy,
                                                                     ports::HttpHandler& serve,
                                                                     ports::Deadline by) {
  CO_TRY(std::shared_ptr<net::Connection> connection,
         co_await dialer_->dial_reverse({.host = proxy.host, .port = proxy.port}, proxy.key,
                                        identity_(), serve, {}, by));
  co_return std::make_shared<LinkOver<ports::Link, net::Connection>>(std::move(connection));
}

}  // namespace cocoon::apps
