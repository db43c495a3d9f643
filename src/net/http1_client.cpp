#include "net/http1_client.h"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <vector>

#include "net/http1_text.h"

namespace cocoon::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using async::Task;
using boost::system::error_code;
using ports::HttpError;

namespace {

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

constexpr std::uint32_t kAnswerHeaderBytesMax = 64 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;

using Parser = http::response_parser<http::buffer_body>;

// Far below the time after which servers hang up on a connection without requests (llama-server,
// uvicorn: 5 s), so that a request hardly ever meets one that is being closed.
constexpr async::Duration kKeptMax = std::chrono::seconds(2);
constexpr std::size_t kKeptConnectionsMax = 256;

// A connection, and what was read off it beyond the last answer: nothing, while it is kept.
template <class Protocol>
struct Wire {
  explicit Wire(const async::Executor& executor) : socket(executor) {}

  void send_at_once() {
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
  }
  // Whether the server has neither hung up nor said anything unasked.
  [[nodiscard]] bool is_quiet() {
    char byte = 0;
    const ssize_t length = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  typename Protocol::socket socket;
  beast::flat_buffer buffer;
  async::TimePoint kept_since;
};

// Connections to one server that wait for their next request; the last one in is the first one out.
template <class Protocol>
class KeptWires {
 public:
  explicit KeptWires(async::Executor executor) : executor_(std::move(executor)) {}
  [[nodiscard]] const async::Executor& executor() const { return executor_; }

  void keep(std::unique_ptr<Wire<Protocol>> wire) {
    if (kept_.size() >= kKeptConnectionsMax) return;
    wire->kept_since = std::chrono::steady_clock::now();
    kept_.push_back(std::move(wire));
  }
  // Null if there is none that can still be used.
  [[nodiscard]] std::unique_ptr<Wire<Protocol>> take() {
    const auto oldest = std::chrono::steady_clock::now() - kKeptMax;
    std::erase_if(kept_, [&](const auto& wire) { return wire->kept_since < oldest; });
    while (!kept_.empty()) {
      auto wire = std::move(kept_.back());
      kept_.pop_back();
      if (wire->is_quiet()) return wire;
    }
    return nullptr;
  }

 private:
  async::Executor executor_;
  std::vector<std::unique_ptr<Wire<Protocol>>> kept_;
};

// One request on one connection.
template <class Protocol>
struct Exchange {
  using Kept = KeptWires<Protocol>;
  explicit Exchange(const std::shared_ptr<Kept>& of)
      : kept(of), timer(of->executor()), wire(of->take()) {}

  // Ends whatever waits for the connection.
  void close() {
    error_code ignored;
    if (wire) wire->socket.close(ignored);
  }
  // The connection can serve another request if this one's answer was read to its end.
  void leave() {
    const bool is_clean = wire && parser && parser->is_done() && parser->keep_alive() &&
                          sent_whole && wire->buffer.size() == 0;
    const auto home = kept.lock();
    if (is_clean && home) {
      home->keep(std::move(wire));
    } else {
      close();
    }
  }
  // Closes the connection at the deadline, which ends whatever waits for it.
  static void arm(const std::shared_ptr<Exchange>& self, async::Deadline deadline) {
    self->timer.expires_at(deadline);
    self->timer.async_wait([weak = std::weak_ptr(self)](error_code error) {
      const auto held = weak.lock();
      if (error || !held || held->head_done) return;
      held->expired = true;
      held->close();
    });
  }

  std::weak_ptr<Kept> kept;
  asio::steady_timer timer;
  std::unique_ptr<Wire<Protocol>> wire;  // null once it serves others
  std::unique_ptr<Parser> parser;
  bool sent_whole = false;
  bool expired = false;
  bool head_done = false;
};

template <class Protocol>
class AnswerBody final : public ports::BodyReader {
 public:
  explicit AnswerBody(std::shared_ptr<Exchange<Protocol>> exchange)
      : exchange_(std::move(exchange)) {}
  ~AnswerBody() override { exchange_->leave(); }
  AnswerBody(const AnswerBody&) = delete;
  AnswerBody& operator=(const AnswerBody&) = delete;

  // As much as one read of the connection brought, however many chunks it came in.
  [[nodiscard]] Task<Result<Bytes>> read() override {
    const auto exchange = exchange_;
    auto& buffer = exchange->wire->buffer;
    for (;;) {
      CO_TRY(Bytes received, take_received(*exchange));
      if (!received.empty() || exchange->parser->is_done()) co_return received;
      if (buffer.size() >= kAnswerHeaderBytesMax)
        co_return fail(HttpError::kBroken, "the answer's framing is too long");
      error_code error;
      buffer.commit(
          co_await exchange->wire->socket.async_read_some(buffer.prepare(kReadBytes), into(error)));
      if (error == asio::error::eof) {
        error = {};
        exchange->parser->put_eof(error);
      }
      if (error) co_return fail(HttpError::kBroken, "the answer broke off");
    }
  }
  // Of a chunked body it is not known whether what has arrived holds data yet.
  [[nodiscard]] bool is_ready() const override {
    const Parser& parser = *exchange_->parser;
    return parser.is_done() || (parser.content_length() && exchange_->wire->buffer.size() > 0);
  }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return none_; }

 private:
  // What of the body is in the buffer; nothing if that is framing only.
  [[nodiscard]] static Result<Bytes> take_received(Exchange<Protocol>& exchange) {
    auto& buffer = exchange.wire->buffer;
    Bytes taken(buffer.size());
    auto& body = exchange.parser->get().body();
    body.data = taken.data();
    body.size = taken.size();
    error_code error;
    for (std::size_t used = 1; used > 0 && !error && !exchange.parser->is_done();) {
      used = buffer.size() == 0 ? 0 : exchange.parser->put(buffer.data(), error);
      buffer.consume(used);
    }
    taken.resize(taken.size() - body.size);
    body = {};
    if (error && error != http::error::need_more && taken.empty())
      return fail(HttpError::kBroken, "the answer broke off");
    return taken;
  }

  std::shared_ptr<Exchange<Protocol>> exchange_;
  ports::HttpFields none_;
};

template <class Protocol>
Task<Status> write(std::shared_ptr<Exchange<Protocol>> exchange, Bytes bytes) {
  error_code error;
  co_await asio::async_write(exchange->wire->socket, asio::buffer(bytes), into(error));
  if (error) co_return fail(HttpError::kUnreachable, "connection lost");
  co_return Status{};
}

// The head and as much of the body as it takes to know how the body is framed.
template <class Protocol>
Task<Status> upload(std::shared_ptr<Exchange<Protocol>> exchange, ports::HttpRequest request) {
  if (!is_token(request.method) || !is_request_target(request.path)) {
    co_return fail(HttpError::kProtocol, "not a request line");
  }
  std::string head = request.method + " " + request.path + " HTTP/1.1\r\n";
  if (ports::find_field(request.headers, "host").empty()) head += "host: localhost\r\n";
  CO_TRY_VOID(append_fields(head, request.headers));
  const bool length_known = content_length_of(request.headers).has_value();

  CO_TRY(Bytes first, co_await request.body->read());
  Bytes second;
  if (!first.empty()) {
    CO_TRY(second, co_await request.body->read());
  }
  const bool chunked = !second.empty() && !length_known;
  if (chunked) {
    head += "transfer-encoding: chunked\r\n";
  } else if (!length_known && (!first.empty() || request.method == "POST")) {
    head += "content-length: " + std::to_string(first.size()) + "\r\n";
  }
  head += "\r\n";
  Bytes out = to_bytes(head);
  for (const Bytes* part : {&first, &second}) {
    if (part->empty()) continue;
    if (chunked) {
      append_chunk(out, *part);
    } else {
      append(out, *part);
    }
  }
  CO_TRY_VOID(co_await write(exchange, std::move(out)));
  while (!second.empty()) {
    CO_TRY(second, co_await request.body->read());
    out.clear();
    if (chunked) {
      append_chunk(out, second);  // the empty one is the coding's end
    } else {
      append(out, second);
    }
    CO_TRY_VOID(co_await write(exchange, std::move(out)));
  }
  co_return Status{};
}

// Reads heads until a final one.
template <class Protocol>
Task<Status> read_head(std::shared_ptr<Exchange<Protocol>> exchange, std::string method) {
  for (;;) {
    exchange->parser = std::make_unique<Parser>();
    Parser& parser = *exchange->parser;
    parser.header_limit(kAnswerHeaderBytesMax);
    parser.body_limit(boost::none);
    parser.skip(method == "HEAD");
    error_code error;
    co_await http::async_read_header(exchange->wire->socket, exchange->wire->buffer, parser,
                                     into(error));
    if (error == http::error::header_limit)
      co_return fail(HttpError::kTooLarge, "answer's header fields too large");
    const bool parsing =
        error.category() == http::make_error_code(http::error::bad_version).category();
    if (error && (!parsing || error == http::error::end_of_stream)) {
      co_return fail(HttpError::kUnreachable, "connection lost before the answer");
    }
    if (error) co_return fail(HttpError::kProtocol, "the answer is not HTTP/1.1");
    if (parser.get().result_int() / 100 != 1) co_return Status{};
  }
}

template <class Protocol>
Task<Result<ports::HttpResponse>> exchange_over(std::shared_ptr<Exchange<Protocol>> exchange,
                                                typename Protocol::endpoint to,
                                                ports::HttpRequest request,
                                                async::Deadline head_by) {
  const auto timeout = [] { return fail(async::AsyncError::kTimeout, "no answer in time"); };
  Exchange<Protocol>::arm(exchange, head_by);
  if (!exchange->wire) {
    exchange->wire = std::make_unique<Wire<Protocol>>(exchange->timer.get_executor());
    error_code error;
    co_await exchange->wire->socket.async_connect(to, into(error));
    if (exchange->expired) co_return timeout();
    if (error) co_return fail(HttpError::kUnreachable, "cannot connect");
    exchange->wire->send_at_once();
  }

  const std::string method = request.method;
  const Status sent = co_await upload(exchange, std::move(request));
  exchange->sent_whole = sent.has_value();
  if (exchange->expired) co_return timeout();
  // A server may answer and hang up without having read everything.
  if (!sent && !sent.error().is(HttpError::kUnreachable)) co_return std::unexpected(sent.error());
  const Status head = co_await read_head(exchange, method);
  if (exchange->expired) co_return timeout();
  if (!head) co_return std::unexpected(head.error());
  exchange->head_done = true;
  exchange->timer.cancel();
  const auto& message = exchange->parser->get();
  co_return ports::HttpResponse{.status = static_cast<int>(message.result_int()),
                                .headers = fields_of(message),
                                .body = std::make_unique<AnswerBody<Protocol>>(exchange)};
}

}  // namespace

struct UnixHttpClient::State : KeptWires<asio::local::stream_protocol> {
  using KeptWires::KeptWires;
};
struct LoopbackHttpClient::State : KeptWires<asio::ip::tcp> {
  using KeptWires::KeptWires;
};

UnixHttpClient::UnixHttpClient(async::Executor executor, std::string socket_path)
    : state_(std::make_shared<State>(std::move(executor))), socket_path_(std::move(socket_path)) {}
UnixHttpClient::~UnixHttpClient() = default;

Task<Result<ports::HttpResponse>> UnixHttpClient::send(ports::HttpRequest request,
                                                       async::Deadline head_by) {
  using Protocol = asio::local::stream_protocol;
  constexpr std::size_t kPathBytesMax = 107;  // sockaddr_un
  if (socket_path_.empty() || socket_path_.size() > kPathBytesMax) {
    co_return fail(HttpError::kUnreachable, "socket path too long");
  }
  co_return co_await exchange_over<Protocol>(std::make_shared<Exchange<Protocol>>(state_),
                                             Protocol::endpoint(socket_path_), std::move(request),
                                             head_by);
}

LoopbackHttpClient::LoopbackHttpClient(async::Executor executor, Endpoint to)
    : state_(std::make_shared<State>(std::move(executor))), to_(std::move(to)) {}
LoopbackHttpClient::~LoopbackHttpClient() = default;

Result<std::unique_ptr<LoopbackHttpClient>> LoopbackHttpClient::create(async::Executor executor,
                                                                       Endpoint to) {
  if (to.host == "localhost") to.host = "127.0.0.1";
  error_code error;
  const auto address = asio::ip::make_address(to.host, error);
  if (error || !address.is_loopback())
    return fail(NetError::kBadEndpoint, "not an address of this machine");
  return std::unique_ptr<LoopbackHttpClient>(
      new LoopbackHttpClient(std::move(executor), std::move(to)));
}

Task<Result<ports::HttpResponse>> LoopbackHttpClient::send(ports::HttpRequest request,
                                                           async::Deadline head_by) {
  using Protocol = asio::ip::tcp;
  error_code error;
  const Protocol::endpoint endpoint(asio::ip::make_address(to_.host, error), to_.port);
  if (ports::find_field(request.headers, "host").empty()) {
    request.headers.push_back({.name = "host", .value = to_.text()});
  }
  co_return co_await exchange_over<Protocol>(std::make_shared<Exchange<Protocol>>(state_), endpoint,
                                             std::move(request), head_by);
}

}  // namespace cocoon::net
