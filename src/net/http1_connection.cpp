#include "net/http1_connection.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include "async/cancel.h"
#include "net/http1_messages.h"
#include "net/http1_text.h"

namespace cocoon::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using async::Task;
using boost::system::error_code;
using ports::HttpError;

namespace {

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

constexpr std::size_t kReadBytes = 16 * 1024;
// A body that brings less than this in body_timeout has stopped coming.
constexpr std::size_t kBodyStepBytes = 16 * 1024;
// What a client may send ahead of the present answer.
constexpr std::size_t kPipelineBytesMax = 64 * 1024;
// An unread rest of a body up to this size is read for the sake of keeping the connection.
constexpr std::size_t kSkipBytesMax = 64 * 1024;
constexpr std::size_t kLingerBytesMax = 64 * 1024 * 1024;
constexpr async::Duration kLingerTimeout = std::chrono::seconds(10);

}  // namespace

void Watchdog::arm(async::Duration patience, std::function<void()> bite) {
  const int mine = ++*generation_;
  timer_.expires_after(patience);
  timer_.async_wait([generation = generation_, mine, bite = std::move(bite)](error_code error) {
    if (!error && *generation == mine) bite();
  });
}

void Watchdog::disarm() {
  ++*generation_;
  timer_.cancel();
}

Http1Connection::Http1Connection(tcp::socket socket, const LocalServerOptions& options,
                                 ports::HttpHandler& handler)
    : executor_(socket.get_executor()),
      socket_(std::move(socket)),
      options_(options),
      handler_(&handler),
      waits_since_(std::chrono::steady_clock::now()),
      output_(executor_),
      changed_(executor_),
      read_watch_(executor_),
      write_watch_(executor_) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

void Http1Connection::close() {
  if (!std::exchange(open_, false)) return;
  error_code ignored;
  socket_.close(ignored);
  read_watch_.disarm();
  write_watch_.disarm();
  output_.notify();
  changed_.notify();
}

std::optional<async::TimePoint> Http1Connection::waits_since() const {
  if (!open_ || (busy_ && !reading_body_)) return std::nullopt;
  return waits_since_;
}

void Http1Connection::finish_up() {
  finishing_ = true;
  if (!busy_) close();
}

void Http1Connection::arm_read(async::Duration patience) {
  read_watch_.arm(patience, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close();
  });
}

// ---- output

void Http1Connection::queue(BytesView bytes) {
  append(queued_, bytes);
  output_.notify();
}

Task<void> Http1Connection::write_loop(std::shared_ptr<Http1Connection> self) {
  while (self->open_) {
    if (self->queued_.empty()) {
      co_await self->output_.wait();
      continue;
    }
    const Bytes sending = std::exchange(self->queued_, {});
    self->writing_ = true;
    self->write_watch_.arm(self->options_.write_timeout, [weak = std::weak_ptr(self)] {
      if (const auto held = weak.lock()) held->close();
    });
    error_code error;
    co_await asio::async_write(self->socket_, asio::buffer(sending), into(error));
    self->write_watch_.disarm();
    self->writing_ = false;
    if (error) self->close();
    self->changed_.notify();
  }
}

Task<Status> Http1Connection::flushed() {
  const auto self = shared_from_this();
  while (open_ && (writing_ || !queued_.empty())) co_await changed_.wait();
  if (!open_) co_return fail(HttpError::kBroken, "the client is gone");
  co_return Status{};
}

Task<void> Http1Connection::wait_closed() {
  const auto self = shared_from_this();
  while (open_) {
    co_await changed_.wait();
    if (async::is_cancelled(co_await async::kCancellation)) co_return;
  }
}

Status Http1Connection::make_head(Http1Exchange& exchange, int status,
                                  const ports::HttpFields& fields) {
  if (!open_) return fail(HttpError::kBroken, "the client is gone");
  if (exchange.head_made) return fail(HttpError::kProtocol, "second head");
  if (status < 200 || status > 599) return fail(HttpError::kProtocol, "not a final status");
  const bool http10 = exchange.parser.get().version() == 10;
  std::string head =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  TRY_VOID(append_fields(head, fields));
  exchange.bodiless = status == 204 || status == 304;
  exchange.length_left = exchange.bodiless ? std::nullopt : content_length_of(fields);
  exchange.chunked = !exchange.bodiless && !exchange.length_left && !http10;
  if (exchange.chunked) head += "transfer-encoding: chunked\r\n";
  const bool ends_with_connection = http10 && !exchange.bodiless && !exchange.length_left;
  if (ends_with_connection || exchange.body_too_large || exchange.wants_continue ||
      !exchange.parser.keep_alive()) {
    finishing_ = true;
  }
  if (finishing_) head += "connection: close\r\n";
  head += "\r\n";
  exchange.head_made = true;
  queue(as_bytes(head));
  return {};
}

void Http1Connection::queue_whole_answer(int status, std::string_view message,
                                         std::string_view code) {
  const std::string body = error_object(message, code);
  queue(as_bytes("HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) +
                 "\r\ncontent-type: application/json\r\ncontent-length: " +
                 std::to_string(body.size()) + "\r\nconnection: close\r\n\r\n" + body));
}

// ---- input

// Reads once. Only the time spent here, where the handler wants the body, counts against the
// client.
Task<void> Http1Connection::await_body(Http1Exchange& exchange, error_code& error) {
  if (exchange.body_patience <= async::Duration::zero() || exchange.body_step >= kBodyStepBytes) {
    exchange.body_patience = options_.body_timeout;
    exchange.body_step = 0;
    waits_since_ = std::chrono::steady_clock::now();
  }
  const auto began = std::chrono::steady_clock::now();
  reading_body_ = true;
  arm_read(exchange.body_patience);
  co_await http::async_read_some(socket_, buffer_, exchange.parser, into(error));
  read_watch_.disarm();
  exchange.body_patience -= std::chrono::steady_clock::now() - began;
  reading_body_ = false;
}

Task<Result<Bytes>> Http1Connection::read_body(Exchange exchange) {
  const auto self = shared_from_this();
  auto& parser = exchange->parser;
  if (exchange->body_too_large) co_return fail(HttpError::kTooLarge, "body too large");
  if (!exchange->over && parser.is_done()) co_return Bytes{};
  if (exchange->over || !open_) co_return fail(HttpError::kBroken, "the client is gone");
  if (exchange->wants_continue && !exchange->head_made)
    queue(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
  exchange->wants_continue = false;
  exchange->reading = true;
  Bytes chunk;
  error_code error;
  while (open_ && chunk.empty() && !parser.is_done() && !error) {
    chunk.resize(kReadBytes);
    parser.get().body().data = chunk.data();
    parser.get().body().size = chunk.size();
    co_await await_body(*exchange, error);
    chunk.resize(chunk.size() - parser.get().body().size);
    if (error == http::error::need_buffer) error = {};
    exchange->body_step += chunk.size();
  }
  exchange->reading = false;
  if (parser.is_done()) exchange->body_changed.notify();
  if (error == http::error::body_limit) {
    exchange->body_too_large = true;
    co_return fail(HttpError::kTooLarge, "body too large");
  }
  if (error && chunk.empty()) {
    close();
    co_return fail(HttpError::kBroken, "the client is gone");
  }
  co_return chunk;
}

// Nothing if the connection is over; what is no request has been answered then.
Task<std::optional<Http1Connection::Exchange>> Http1Connection::read_head() {
  error_code error;
  if (buffer_.size() == 0) {
    arm_read(served_before_ ? options_.idle_timeout : options_.header_timeout);
    co_await socket_.async_wait(tcp::socket::wait_read, into(error));
    if (error || !open_) co_return std::nullopt;
  }
  const auto exchange = std::make_shared<Http1Exchange>(executor_);
  auto& parser = exchange->parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
  parser.body_limit(options_.body_bytes_max);
  arm_read(options_.header_timeout);
  co_await http::async_read_header(socket_, buffer_, parser, into(error));
  read_watch_.disarm();
  if (!open_ || finishing_) co_return std::nullopt;
  if (error == http::error::header_limit) {
    co_await refuse(431, "header fields too large", "header_fields_too_large");
    co_return std::nullopt;
  }
  if (error == http::error::body_limit) {
    co_await refuse(413, "request body too large", "request_too_large");
    co_return std::nullopt;
  }
  const bool parsing =
      error.category() == http::make_error_code(http::error::bad_version).category();
  if (error &&
      (!parsing || error == http::error::end_of_stream || error == http::error::partial_message)) {
    co_return std::nullopt;
  }
  const auto& message = parser.get();
  const auto target = message.target();
  if (error || !is_request_target({target.data(), target.size()})) {
    co_await refuse(400, "not an HTTP/1.1 request", "bad_request");
    co_return std::nullopt;
  }
  exchange->is_head_request = message.method() == http::verb::head;
  exchange->wants_continue =
      !parser.is_done() && boost::beast::iequals(message[http::field::expect], "100-continue");
  co_return exchange;
}

Task<void> Http1Connection::refuse(int status, std::string message, std::string code) {
  finishing_ = true;
  queue_whole_answer(status, message, code);
  const Status sent = co_await flushed();
  if (sent) co_await linger();
}

Task<void> Http1Connection::linger() {
  error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  arm_read(kLingerTimeout);
  std::array<char, kReadBytes> sink{};
  std::size_t taken = 0;
  while (open_ && !error && taken < kLingerBytesMax) {
    taken += co_await socket_.async_read_some(asio::buffer(sink), into(error));
  }
  close();
}

Task<void> Http1Connection::watch(std::shared_ptr<Http1Connection> self, Exchange exchange) {
  while (self->open_ && !exchange->over) {
    if (!exchange->parser.is_done()) {
      co_await exchange->body_changed.wait();
      continue;
    }
    if (self->buffer_.size() >= kPipelineBytesMax) co_return;
    error_code error;
    co_await self->socket_.async_wait(tcp::socket::wait_read, into(error));
    if (error || !self->open_ || exchange->over) co_return;
    const std::size_t length = self->socket_.read_some(self->buffer_.prepare(4096), error);
    if (error == asio::error::would_block) continue;
    if (error) {
      self->close();
      co_return;
    }
    self->buffer_.commit(length);
  }
}

// ---- requests, one after the other

Task<void> Http1Connection::handle(Exchange exchange) {
  const auto& message = exchange->parser.get();
  const auto method = message.method_string();
  const auto target = message.target();
  ports::HttpRequest request{.method = {method.data(), method.size()},
                             .path = {target.data(), target.size()},
                             .headers = fields_of(message),
                             .body = make_request_body(shared_from_this(), exchange)};
  const auto writer = make_response_writer(shared_from_this(), exchange);
  co_await handler_->handle(std::move(request), *writer);
}

Task<Http1Connection::Next> Http1Connection::serve(Exchange exchange) {
  const auto watcher = std::make_shared<async::Canceller>();
  async::spawn_cancellable(executor_, watch(shared_from_this(), exchange), watcher,
                           [](const std::exception_ptr&) {});
  bool threw = false;
  try {
    co_await handle(exchange);
  } catch (...) {
    threw =
        true;  // a bug of the handler's, or our own cancellation: either way this answer ends here
  }
  watcher->cancel();
  const bool answered = exchange->head_made && exchange->finished;
  if (!open_ || (exchange->head_made && !answered)) co_return Next::kClose;
  if (!exchange->head_made) {
    finishing_ = true;
    if (exchange->body_too_large) {
      queue_whole_answer(413, "request body too large", "request_too_large");
    } else {
      queue_whole_answer(500, threw ? "internal error" : "no answer", "internal_error");
    }
  }
  co_return co_await settle(exchange);
}

Task<Http1Connection::Next> Http1Connection::settle(Exchange exchange) {
  const Status sent = co_await flushed();
  if (!sent || exchange->reading) co_return Next::kClose;
  std::size_t skipped = 0;
  while (!finishing_ && !exchange->parser.is_done() && skipped <= kSkipBytesMax) {
    const auto chunk = co_await read_body(exchange);
    if (!chunk) co_return exchange->body_too_large ? Next::kLinger : Next::kClose;
    skipped += chunk->size();
  }
  if (!exchange->parser.is_done()) co_return Next::kLinger;
  co_return finishing_ ? Next::kClose : Next::kKeepAlive;
}

Task<void> Http1Connection::run(std::shared_ptr<Http1Connection> self) {
  async::spawn(self->executor_, write_loop(self), [self](std::string_view) { self->close(); });
  while (self->open_ && !self->finishing_) {
    const auto exchange = co_await self->read_head();
    if (!exchange) break;
    self->busy_ = true;
    const Next next = co_await self->serve(*exchange);
    (*exchange)->over = true;
    (*exchange)->body_changed.notify();
    self->busy_ = false;
    self->waits_since_ = std::chrono::steady_clock::now();
    self->served_before_ = true;
    if (next == Next::kLinger) co_await self->linger();
    if (next != Next::kKeepAlive) break;
  }
  self->close();
}

}  // namespace cocoon::net
