#pragma once

#include <boost/asio.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <string>

#include "tests/fakes/fake_answers.h"

namespace fake {

enum class MetricsFlavour { kLlama, kVllm, kSglang, kNone };

struct Options {
  std::string socket;      // a Unix socket's path, or
  std::uint16_t port = 0;  // a loopback port; 0: any, printed
  Identity identity;
  Plan plan;
  MetricsFlavour metrics = MetricsFlavour::kLlama;
  std::chrono::milliseconds loading{0};  // /health says 503 for so long
};

// Counters behind /metrics and /debug/state.
struct Counters {
  std::uint64_t requests = 0;  // to the OpenAI endpoints
  std::uint64_t active = 0;
  std::uint64_t generated_tokens = 0;
  std::uint64_t cancelled = 0;  // streams whose client left before the end
  std::uint64_t finished = 0;
  std::string last_request;
  std::string last_head;  // the lines "name: value" of the same request
};

// Serves until the process ends.
class Server {
 public:
  Server(boost::asio::io_context& loop, Options options);
  // The port it listens on; 0 for a Unix socket.
  std::uint16_t listen();

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;
  template <class T>
  using Task = boost::asio::awaitable<T>;
  struct Exchange;

  template <class Acceptor>
  Task<void> accept_all(Acceptor& acceptor);
  Task<void> serve(Socket socket);
  Task<bool> answer(Exchange& exchange);
  Task<bool> answer_openai(Exchange& exchange, Endpoint endpoint);
  Task<bool> send_stream(Exchange& exchange, const Request& request, const Identity& who);
  Task<bool> send_whole(Exchange& exchange, const Request& request, const Identity& who);
  // Between two tokens; false if the client has gone.
  Task<bool> pause(Exchange& exchange, std::chrono::milliseconds duration);
  Task<bool> misbehave(Exchange& exchange, const Plan& plan);
  [[nodiscard]] std::string metrics_page() const;
  [[nodiscard]] std::string state_page() const;
  [[nodiscard]] bool is_loading() const;

  boost::asio::io_context& loop_;
  Options options_;
  Counters counters_;
  std::chrono::steady_clock::time_point born_ = std::chrono::steady_clock::now();
  std::optional<boost::asio::local::stream_protocol::acceptor> local_;
  std::optional<boost::asio::ip::tcp::acceptor> tcp_;
};

}  // namespace fake
