#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>

#include "async/cancel.h"
#include "async/event.h"
#include "net/local_server.h"

// Inside this room: one connection of the local HTTP/1.1 server.
namespace cocoon::net {

// Closes a socket that made its owner wait too long.
class Watchdog {
 public:
  explicit Watchdog(const async::Executor& executor) : timer_(executor) {}
  // At most one wait at a time; `bite` is called if disarm() is not called in time.
  void arm(async::Duration patience, std::function<void()> bite);
  void disarm();

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<int> generation_ = std::make_shared<int>(0);
};

// One request and its answer. A body reader that outlives them finds `over` set.
struct Http1Exchange {
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  explicit Http1Exchange(const async::Executor& executor) : body_changed(executor) {}

  Parser parser;
  bool over = false;
  bool reading = false;
  bool wants_continue = false;  // Expect: 100-continue, not yet answered
  bool body_too_large = false;
  async::Duration body_patience{};  // what is left of it for the present step of the body
  std::size_t body_step = 0;        // bytes that came in it
  async::Event body_changed;        // it was read to its end

  bool head_made = false;
  bool finished = false;
  bool is_head_request = false;
  bool bodiless = false;  // the answer's status allows no body
  bool chunked = false;
  std::optional<std::uint64_t> length_left;  // of an answer that announced its length
};

// Reads requests one after the other; a second coroutine writes what is queued, at once; while a
// handler runs, a third watches whether the client is still there.
class Http1Connection final : public std::enable_shared_from_this<Http1Connection> {
 public:
  using Exchange = std::shared_ptr<Http1Exchange>;

  Http1Connection(boost::asio::ip::tcp::socket socket, const LocalServerOptions& options,
                  ports::HttpHandler& handler);

  // The whole life of the connection.
  [[nodiscard]] static async::Task<void> run(std::shared_ptr<Http1Connection> self);
  // Idle: closes now; busy: after the present answer.
  void finish_up();
  void close();

  // For the body reader and the response writer.
  [[nodiscard]] async::Task<Result<Bytes>> read_body(Exchange exchange);
  [[nodiscard]] Status make_head(Http1Exchange& exchange, int status,
                                 const ports::HttpFields& fields);
  void queue(BytesView bytes);
  // Returns when everything queued was taken by the system.
  [[nodiscard]] async::Task<Status> flushed();
  [[nodiscard]] async::Task<void> wait_closed();
  [[nodiscard]] bool is_open() const { return open_; }

  // Since when it has let us wait for a request or for the present step of a request's body;
  // nothing while it does not.
  [[nodiscard]] std::optional<async::TimePoint> waits_since() const;

 private:
  enum class Next : std::uint8_t { kKeepAlive, kClose, kLinger };

  [[nodiscard]] static async::Task<void> write_loop(std::shared_ptr<Http1Connection> self);
  [[nodiscard]] static async::Task<void> watch(std::shared_ptr<Http1Connection> self,
                                               Exchange exchange);
  [[nodiscard]] async::Task<std::optional<Exchange>> read_head();
  [[nodiscard]] async::Task<Next> serve(Exchange exchange);
  [[nodiscard]] async::Task<void> handle(Exchange exchange);
  [[nodiscard]] async::Task<Next> settle(Exchange exchange);
  [[nodiscard]] async::Task<void> refuse(int status, std::string message, std::string code);
  // Takes in what the client still sends, so that it gets to read the answer instead of a
  // connection reset.
  [[nodiscard]] async::Task<void> linger();
  void queue_whole_answer(int status, std::string_view message, std::string_view code);
  void arm_read(async::Duration patience);
  [[nodiscard]] async::Task<void> await_body(Http1Exchange& exchange,
                                             boost::system::error_code& error);

  async::Executor executor_;
  boost::asio::ip::tcp::socket socket_;
  const LocalServerOptions options_;
  ports::HttpHandler* handler_;
  boost::beast::flat_buffer buffer_;
  bool open_ = true;
  bool finishing_ = false;  // no request after the present one
  bool busy_ = false;
  bool served_before_ = false;
  bool reading_body_ = false;
  async::TimePoint waits_since_;
  Bytes queued_;
  bool writing_ = false;
  async::Event output_;
  async::Event changed_;  // flushed or closed
  Watchdog read_watch_;
  Watchdog write_watch_;
};

}  // namespace cocoon::net
