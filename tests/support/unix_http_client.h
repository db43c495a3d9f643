#pragma once

// A small HTTP/1.1 client for tests of rooms that get theirs handed in.

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <string>
#include <utility>

#include "async/race.h"
#include "ports/http.h"

namespace cocoon::testing {

class UnixHttpClient final : public ports::HttpClient {
 public:
  UnixHttpClient(async::Executor executor, async::Clock& clock, std::string socket_path)
      : executor_(std::move(executor)), clock_(clock), socket_path_(std::move(socket_path)) {}

  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override {
    co_return co_await async::with_deadline(clock_, head_by, exchange(std::move(request)));
  }

 private:
  struct Connection {
    explicit Connection(const async::Executor& executor) : socket(executor) {
      parser.body_limit(boost::none);
    }
    boost::asio::local::stream_protocol::socket socket;
    boost::beast::flat_buffer buffer;
    boost::beast::http::response_parser<boost::beast::http::buffer_body> parser;
  };

  class Body final : public ports::BodyReader {
   public:
    explicit Body(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
    [[nodiscard]] async::Task<Result<Bytes>> read() override {
      namespace http = boost::beast::http;
      auto& parser = connection_->parser;
      while (!parser.is_done()) {
        Bytes chunk(16 * 1024);
        parser.get().body().data = chunk.data();
        parser.get().body().size = chunk.size();
        boost::system::error_code error;
        co_await http::async_read_some(
            connection_->socket, connection_->buffer, parser,
            boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (error && error != http::error::need_buffer) {
          co_return fail(ports::HttpError::kBroken, "connection broke");
        }
        chunk.resize(chunk.size() - parser.get().body().size);
        if (!chunk.empty()) co_return chunk;
      }
      co_return Bytes{};
    }
    [[nodiscard]] const ports::HttpFields& trailers() const override { return trailers_; }

   private:
    std::unique_ptr<Connection> connection_;
    ports::HttpFields trailers_;
  };

  async::Task<Result<ports::HttpResponse>> exchange(ports::HttpRequest request) {
    namespace http = boost::beast::http;
    auto connection = std::make_unique<Connection>(executor_);
    boost::system::error_code error;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, error);
    co_await connection->socket.async_connect({socket_path_}, token);
    if (error) co_return fail(ports::HttpError::kUnreachable, "no connection");
    CO_TRY(const Bytes body, co_await ports::read_all(*request.body, 64U << 20U));
    http::request<http::string_body> message(http::string_to_verb(request.method), request.path,
                                             11);
    message.set(http::field::host, "engine");
    for (const auto& field : request.headers) message.insert(field.name, field.value);
    message.body() = std::string(as_text(body));
    message.prepare_payload();
    co_await http::async_write(connection->socket, message, token);
    if (error) co_return fail(ports::HttpError::kUnreachable, "connection broke");
    co_await http::async_read_header(connection->socket, connection->buffer, connection->parser,
                                     token);
    if (error) co_return fail(ports::HttpError::kUnreachable, "connection broke");
    ports::HttpResponse response;
    response.status = static_cast<int>(connection->parser.get().result_int());
    response.body = std::make_unique<Body>(std::move(connection));
    co_return response;
  }

  async::Executor executor_;
  async::Clock& clock_;
  std::string socket_path_;
};

}  // namespace cocoon::testing
