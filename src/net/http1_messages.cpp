#include "net/http1_messages.h"

#include "net/http1_text.h"

namespace cocoon::net {

using async::Task;
using ports::HttpError;

namespace {

class RequestBody final : public ports::BodyReader {
 public:
  RequestBody(std::shared_ptr<Http1Connection> connection, Http1Connection::Exchange exchange)
      : connection_(std::move(connection)), exchange_(std::move(exchange)) {}
  [[nodiscard]] Task<Result<Bytes>> read() override { return connection_->read_body(exchange_); }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return none_; }

 private:
  std::shared_ptr<Http1Connection> connection_;
  Http1Connection::Exchange exchange_;
  ports::HttpFields none_;
};

class Http1ResponseWriter final : public ports::ResponseWriter {
 public:
  Http1ResponseWriter(std::shared_ptr<Http1Connection> connection,
                      Http1Connection::Exchange exchange)
      : connection_(std::move(connection)), exchange_(std::move(exchange)) {}

  [[nodiscard]] Status head(int status, ports::HttpFields headers) override {
    return connection_->make_head(*exchange_, status, headers);
  }

  [[nodiscard]] Task<Status> write(Bytes chunk) override {
    Http1Exchange& exchange = *exchange_;
    if (!exchange.head_made || exchange.finished)
      co_return fail(HttpError::kProtocol, "write outside of the answer");
    if (exchange.length_left) {
      if (chunk.size() > *exchange.length_left)
        co_return fail(HttpError::kProtocol, "longer than announced");
      *exchange.length_left -= chunk.size();
    }
    if (!chunk.empty() && !exchange.bodiless && !exchange.is_head_request) {
      if (exchange.chunked) {
        Bytes framed;
        append_chunk(framed, chunk);
        connection_->queue(framed);
      } else {
        connection_->queue(chunk);
      }
    }
    co_return co_await connection_->flushed();
  }

  [[nodiscard]] Task<Status> finish(ports::HttpFields trailers) override {
    Http1Exchange& exchange = *exchange_;
    if (!exchange.head_made || exchange.finished)
      co_return fail(HttpError::kProtocol, "no answer to finish");
    if (exchange.length_left.value_or(0) != 0 && !exchange.is_head_request) {
      connection_->close();
      co_return fail(HttpError::kProtocol, "shorter than announced");
    }
    if (exchange.chunked && !exchange.is_head_request) {
      std::string end = "0\r\n";
      CO_TRY_VOID(append_fields(end, trailers));
      connection_->queue(as_bytes(end + "\r\n"));
    }
    exchange.finished = true;
    co_return co_await connection_->flushed();
  }

  void abort() override { connection_->close(); }
  [[nodiscard]] Task<void> wait_closed() override { return connection_->wait_closed(); }

 private:
  std::shared_ptr<Http1Connection> connection_;
  Http1Connection::Exchange exchange_;
};

}  // namespace

std::unique_ptr<ports::BodyReader> make_request_body(std::shared_ptr<Http1Connection> connection,
                                                     Http1Connection::Exchange exchange) {
  return std::make_unique<RequestBody>(std::move(connection), std::move(exchange));
}

std::unique_ptr<ports::ResponseWriter> make_response_writer(
    std::shared_ptr<Http1Connection> connection, Http1Connection::Exchange exchange) {
  return std::make_unique<Http1ResponseWriter>(std::move(connection), std::move(exchange));
}

}  // namespace cocoon::net
