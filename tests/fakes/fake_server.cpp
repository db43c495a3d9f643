#include "tests/fakes/fake_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace fake {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kBodyMax = 64ULL << 20U;

std::string head_of(int status, std::string_view type, std::string_view framing) {
  return "HTTP/1.1 " + std::to_string(status) + " " +
         std::string(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)))) +
         "\r\nServer: fake-engine\r\nContent-Type: " + std::string(type) + "\r\n" +
         std::string(framing) + "\r\n\r\n";
}

std::string chunk_of(std::string_view data) {
  if (data.empty()) return {};
  std::array<char, 20> size{};
  const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
  std::string out(size.data(), static_cast<std::size_t>(length));
  out += data;
  return out += "\r\n";
}

}  // namespace

// One request on one connection, and whether its client is still there.
struct Server::Exchange {
  explicit Exchange(Socket& on) : socket(on) {}

  Task<bool> write(std::string bytes) {
    boost::system::error_code error;
    co_await asio::async_write(socket, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }
  Task<bool> write_whole(int status, std::string_view type, std::string body) {
    const std::string framing = "Content-Length: " + std::to_string(body.size());
    co_return co_await write(head_of(status, type, framing) + body);
  }
  [[nodiscard]] bool client_has_gone() {
    char byte = 0;
    const ssize_t count = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  Socket& socket;
  http::request<http::string_body> request;
};

Server::Server(asio::io_context& loop, Options options)
    : loop_(loop), options_(std::move(options)) {}

std::uint16_t Server::listen() {
  if (!options_.socket.empty()) {
    ::unlink(options_.socket.c_str());
    local_.emplace(loop_, asio::local::stream_protocol::endpoint(options_.socket));
    asio::co_spawn(loop_, accept_all(*local_), asio::detached);
    return 0;
  }
  tcp_.emplace(loop_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), options_.port));
  asio::co_spawn(loop_, accept_all(*tcp_), asio::detached);
  return tcp_->local_endpoint().port();
}

template <class Acceptor>
asio::awaitable<void> Server::accept_all(Acceptor& acceptor) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    if constexpr (std::is_same_v<Acceptor, asio::ip::tcp::acceptor>) {
      socket.set_option(asio::ip::tcp::no_delay(true));
    }
    asio::co_spawn(loop_, serve(Socket(std::move(socket))), asio::detached);
  }
}

asio::awaitable<void> Server::serve(Socket socket) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(kBodyMax);
    boost::system::error_code error;
    co_await http::async_read(socket, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    Exchange exchange(socket);
    exchange.request = parser.release();
    const bool keep_alive = exchange.request.keep_alive();
    const bool whole = co_await answer(exchange);
    if (!whole || !keep_alive) co_return;
  }
}

bool Server::is_loading() const {
  return std::chrono::steady_clock::now() - born_ < options_.loading;
}

asio::awaitable<bool> Server::answer(Exchange& exchange) {
  const bool post = exchange.request.method() == http::verb::post;
  std::string path(exchange.request.target());
  path = path.substr(0, path.find('?'));
  if (post && path == "/v1/chat/completions")
    co_return co_await answer_openai(exchange, Endpoint::kChat);
  if (post && path == "/v1/completions")
    co_return co_await answer_openai(exchange, Endpoint::kCompletions);
  if (post && path == "/v1/responses")
    co_return co_await answer_openai(exchange, Endpoint::kResponses);
  if (post && path == "/v1/embeddings")
    co_return co_await answer_openai(exchange, Endpoint::kEmbeddings);
  if (path == "/v1/models") {
    co_return co_await exchange.write_whole(200, "application/json",
                                            models_answer(options_.identity));
  }
  if (path == "/health") {
    if (is_loading()) {
      co_return co_await exchange.write_whole(503, "application/json",
                                              error_answer(503, "Loading model"));
    }
    co_return co_await exchange.write_whole(200, "application/json", R"({"status":"ok"})");
  }
  if (path == "/metrics" && options_.metrics != MetricsFlavour::kNone) {
    co_return co_await exchange.write_whole(200, "text/plain; version=0.0.4", metrics_page());
  }
  if (path == "/debug/state")
    co_return co_await exchange.write_whole(200, "application/json", state_page());
  if (path == "/debug/last") {
    co_return co_await exchange.write_whole(200, "application/json", counters_.last_request);
  }
  if (path == "/debug/head") {
    co_return co_await exchange.write_whole(200, "text/plain", counters_.last_head);
  }
  co_return co_await exchange.write_whole(404, "application/json", error_answer(404, "not found"));
}

asio::awaitable<bool> Server::answer_openai(Exchange& exchange, Endpoint endpoint) {
  Identity who = options_.identity;
  who.number = ++counters_.requests;
  counters_.last_request = exchange.request.body();
  counters_.last_head.clear();
  for (const auto& field : exchange.request) {
    counters_.last_head +=
        std::string(field.name_string()) + ": " + std::string(field.value()) + "\n";
  }
  Request request;
  std::string problem;
  if (!read_request(endpoint, std::move(exchange.request.body()), options_.plan, request,
                    problem)) {
    co_return co_await exchange.write_whole(400, "application/json", error_answer(400, problem));
  }
  ++counters_.active;
  bool whole = co_await pause(exchange, request.plan.head_delay);
  if (whole) {
    if (request.plan.mode == Mode::kError) {
      const int status = request.plan.status;
      whole = co_await exchange.write_whole(status, "application/json",
                                            error_answer(status, "made to fail"));
    } else if (request.stream && endpoint != Endpoint::kEmbeddings) {
      whole = co_await send_stream(exchange, request, who);
    } else {
      whole = co_await send_whole(exchange, request, who);
    }
  }
  --counters_.active;
  ++(whole ? counters_.finished : counters_.cancelled);
  co_return whole;
}

asio::awaitable<bool> Server::pause(Exchange& exchange, std::chrono::milliseconds duration) {
  if (duration > 0ms) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(loop_, duration);
    boost::system::error_code ignored;
    // The socket becomes readable when the client goes, or sends the next request early.
    co_await (timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored)) ||
              exchange.socket.async_wait(Socket::wait_read,
                                         asio::redirect_error(asio::use_awaitable, ignored)));
    if (exchange.client_has_gone()) co_return false;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return !exchange.client_has_gone();
}

// What a plan has in store once its tokens are out; false if nothing may follow.
asio::awaitable<bool> Server::misbehave(Exchange& exchange, const Plan& plan) {
  if (plan.mode == Mode::kDie) ::_exit(9);
  if (plan.mode == Mode::kBreak) co_return false;
  if (plan.mode == Mode::kHang) {
    while (co_await pause(exchange, 3'600'000ms)) {
    }
    co_return false;
  }
  co_return true;
}

asio::awaitable<bool> Server::send_stream(Exchange& exchange, const Request& request,
                                          const Identity& who) {
  std::string pending = head_of(200, "text/event-stream", "Transfer-Encoding: chunked");
  pending += chunk_of(stream_opening(request, who));
  if (!co_await exchange.write(std::move(pending))) co_return false;
  const bool limited = request.plan.mode == Mode::kDie || request.plan.mode == Mode::kBreak ||
                       request.plan.mode == Mode::kHang;
  for (std::uint64_t i = 0; i < request.tokens; ++i) {
    if (limited && i == request.plan.after) break;
    if (!co_await pause(exchange, request.plan.interval)) co_return false;
    std::string piece;
    for (std::uint64_t choice = 0; choice < request.choices; ++choice) {
      piece += chunk_of(stream_token(request, who, choice, i));
      ++counters_.generated_tokens;
    }
    if (!co_await exchange.write(std::move(piece))) co_return false;
  }
  if (!co_await misbehave(exchange, request.plan)) co_return false;
  co_return co_await exchange.write(chunk_of(stream_closing(request, who)) + "0\r\n\r\n");
}

asio::awaitable<bool> Server::send_whole(Exchange& exchange, const Request& request,
                                         const Identity& who) {
  const bool limited = request.plan.mode == Mode::kDie || request.plan.mode == Mode::kBreak ||
                       request.plan.mode == Mode::kHang;
  if (request.endpoint == Endpoint::kEmbeddings) {
    if (limited && !co_await misbehave(exchange, request.plan)) co_return false;
    co_return co_await exchange.write_whole(200, "application/json",
                                            embeddings_answer(request, who));
  }
  for (std::uint64_t i = 0; i < request.tokens; ++i) {
    if (limited && i == request.plan.after) break;
    if (!co_await pause(exchange, request.plan.interval)) co_return false;
    counters_.generated_tokens += request.choices;
  }
  if (!co_await misbehave(exchange, request.plan)) co_return false;
  std::string body = whole_answer(request, who);
  if (request.plan.mode == Mode::kCapitals) {
    co_return co_await exchange.write(
        "HTTP/1.1 200 OK\r\nCONTENT-TYPE: application/json\r\nCONTENT-LENGTH: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  co_return co_await exchange.write_whole(200, "application/json", std::move(body));
}

std::string Server::metrics_page() const {
  const std::string running = std::to_string(counters_.active);
  switch (options_.metrics) {
    case MetricsFlavour::kVllm:
      return "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{engine=\"0\"} " +
             running +
             "\nvllm:num_requests_waiting{engine=\"0\"} 0\nvllm:kv_cache_usage_perc{engine=\"0\"} "
             "0.125\n";
    case MetricsFlavour::kSglang:
      return "sglang:num_running_reqs{model_name=\"fake\"} " + running +
             "\nsglang:num_queue_reqs{model_name=\"fake\"} "
             "0\nsglang:token_usage{model_name=\"fake\"} 0.125\n";
    case MetricsFlavour::kLlama:
      return "# TYPE llamacpp:requests_processing gauge\nllamacpp:requests_processing " + running +
             "\nllamacpp:requests_deferred 0\nllamacpp:tokens_predicted_total " +
             std::to_string(counters_.generated_tokens) + "\n";
    case MetricsFlavour::kNone:
      break;
  }
  return {};
}

std::string Server::state_page() const {
  return boost::json::serialize(
      boost::json::object{{"pid", ::getpid()},
                          {"requests", counters_.requests},
                          {"active", counters_.active},
                          {"generated_tokens", counters_.generated_tokens},
                          {"cancelled", counters_.cancelled},
                          {"finished", counters_.finished}});
}

}  // namespace fake
