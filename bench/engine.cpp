// bench-engine: answers like an OpenAI-compatible engine at next to no cost. A request says in its
// "user" field what it wants: "bench chunks=N interval_us=N", for streams; an interval of 0 is as
// fast as the socket takes it.

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "bench/sockets.h"

namespace {

using namespace bench;

constexpr std::size_t kEventBytes = 200;     // one SSE event with one delta
constexpr std::size_t kBatchBytes = 16'000;  // written at once by a stream without a pace
constexpr std::string_view kModel = "bench";
constexpr const char* kHelp =
    "bench-engine [--port N]\n\n"
    "Answers like an engine on 127.0.0.1 until it is ended; prints its port, which is any free one "
    "without --port.\n";

std::string chunk_of(std::string_view data) {
  std::array<char, 16> size{};
  const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
  std::string out(size.data(), static_cast<std::size_t>(length));
  out += data;
  return out += "\r\n";
}

std::string whole(std::string_view type, std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// One event of exactly kEventBytes whose text begins with the time it was written.
std::string delta_event() {
  std::array<char, kStampDigits + 1> stamp{};
  std::snprintf(stamp.data(), stamp.size(), "%016llx", static_cast<unsigned long long>(now_ns()));
  std::string event =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":{"content":"t)";
  event += stamp.data();
  constexpr std::string_view kTail = "\"},\"finish_reason\":null}]}\n\n";
  event.append(kEventBytes - kTail.size() - event.size(), 'x');
  return event += kTail;
}

const std::string& plain_answer() {
  static const std::string kAnswer = whole(
      "application/json",
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":")" +
          std::string(400, 'x') +
          R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":40,"completion_tokens":100,"total_tokens":140}})");
  return kAnswer;
}

struct Connection {
  int socket = -1;
  std::string in;
  std::string out;
  std::size_t sent = 0;
  std::uint64_t events_left = 0;  // of the stream under way
  std::uint64_t interval_ns = 0;
  bool is_streaming = false;
  bool wants_usage = false;
  bool waits_for_room = false;  // registered for EPOLLOUT
};

class Engine {
 public:
  explicit Engine(std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[noreturn]] void run();

 private:
  struct Due {
    std::uint64_t at_ns;
    std::weak_ptr<Connection> connection;
    bool operator>(const Due& other) const { return at_ns > other.at_ns; }
  };

  void watch(Connection& connection, bool for_room) const;
  void accept_all();
  void on_readable(const std::shared_ptr<Connection>& connection);
  bool take_request(const std::shared_ptr<Connection>& connection);
  void answer(const std::shared_ptr<Connection>& connection, std::string_view line,
              std::string_view body);
  static void append_ending(Connection& connection);
  void advance(const std::shared_ptr<Connection>& connection);
  bool flush(Connection& connection);
  void drop(Connection& connection);
  int milliseconds_to_next() const;

  int listener_ = -1;
  int poll_ = -1;
  std::uint16_t port_ = 0;
  std::map<int, std::shared_ptr<Connection>> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

Engine::Engine(std::uint16_t port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback(port);
  const int yes = 1;
  (void)setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(listener_, generic(at), sizeof(at)) != 0 || listen(listener_, 1024) != 0)
    die("bench-engine");
  socklen_t size = sizeof(at);
  (void)getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  make_prompt(listener_);
  poll_ = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener_}};
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &event) != 0) die("epoll_ctl");
}

void Engine::watch(Connection& connection, bool for_room) const {
  if (connection.waits_for_room == for_room) return;
  connection.waits_for_room = for_room;
  epoll_event event{.events = for_room ? EPOLLIN | EPOLLOUT : EPOLLIN,
                    .data = {.fd = connection.socket}};
  (void)epoll_ctl(poll_, EPOLL_CTL_MOD, connection.socket, &event);
}

void Engine::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    make_prompt(socket);
    const auto connection = std::make_shared<Connection>();
    connection->socket = socket;
    connections_[socket] = connection;
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
    (void)epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
  }
}

void Engine::drop(Connection& connection) {
  const int socket = connection.socket;
  close(socket);
  connections_.erase(socket);
}

void Engine::on_readable(const std::shared_ptr<Connection>& connection) {
  std::array<char, 65536> buffer{};
  const ssize_t length = recv(connection->socket, buffer.data(), buffer.size(), 0);
  if (length == 0 || (length < 0 && errno != EAGAIN)) return drop(*connection);
  if (length < 0) return;
  connection->in.append(buffer.data(), static_cast<std::size_t>(length));
  while (!connection->is_streaming && take_request(connection)) {
  }
  if (flush(*connection)) advance(connection);
}

bool Engine::take_request(const std::shared_ptr<Connection>& connection) {
  const std::string& in = connection->in;
  const auto end = in.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  std::string head = in.substr(0, end);
  for (char& c : head) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const std::size_t length = number_behind(head, "\ncontent-length: ", 0);
  if (in.size() < end + 4 + length) return false;
  const std::string request = in.substr(0, end + 4 + length);
  connection->in.erase(0, request.size());
  answer(connection, std::string_view(request).substr(0, request.find('\r')),
         std::string_view(request).substr(end + 4));
  return true;
}

void Engine::answer(const std::shared_ptr<Connection>& connection, std::string_view line,
                    std::string_view body) {
  if (line.starts_with("GET /v1/models")) {
    connection->out +=
        whole("application/json", R"({"object":"list","data":[{"id":")" + std::string(kModel) +
                                      R"(","object":"model","created":1,"owned_by":"bench"}]})");
  } else if (line.starts_with("GET")) {
    connection->out += whole("application/json", R"({"status":"ok"})");
  } else if (body.find("\"stream\":true") == std::string_view::npos) {
    connection->out += plain_answer();
  } else {
    connection->is_streaming = true;
    connection->events_left = number_behind(body, "chunks=", 100);
    connection->interval_ns = number_behind(body, "interval_us=", 0) * 1000;
    connection->wants_usage = body.find("\"include_usage\":true") != std::string_view::npos;
    connection->out +=
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    if (connection->interval_ns != 0) due_.push({now_ns() + connection->interval_ns, connection});
  }
}

void Engine::append_ending(Connection& connection) {
  std::string events =
      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
      "\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  if (connection.wants_usage) {
    events +=
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
        "\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":100,"
        "\"total_tokens\":140}}\n\n";
  }
  connection.out += chunk_of(events + "data: [DONE]\n\n") + "0\r\n\r\n";
  connection.is_streaming = false;
}

// The next batch of a stream without a pace, once all before it has left.
void Engine::advance(const std::shared_ptr<Connection>& connection) {
  if (!connection->is_streaming || connection->interval_ns != 0) return;
  while (connection->events_left > 0 && connection->out.size() < kBatchBytes) {
    connection->out += chunk_of(delta_event());
    --connection->events_left;
  }
  if (connection->events_left == 0) append_ending(*connection);
  if (flush(*connection)) watch(*connection, connection->is_streaming);
}

// Whether the connection is still there and everything was sent.
bool Engine::flush(Connection& connection) {
  while (connection.sent < connection.out.size()) {
    const ssize_t length = send(connection.socket, connection.out.data() + connection.sent,
                                connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (length < 0 && errno != EAGAIN) {
      drop(connection);
      return false;
    }
    if (length < 0) {
      watch(connection, true);
      return false;
    }
    connection.sent += static_cast<std::size_t>(length);
  }
  connection.out.clear();
  connection.sent = 0;
  if (!connection.is_streaming || connection.interval_ns != 0) watch(connection, false);
  return true;
}

int Engine::milliseconds_to_next() const {
  if (due_.empty()) return -1;
  const std::uint64_t now = now_ns();
  return due_.top().at_ns <= now ? 0
                                 : static_cast<int>((due_.top().at_ns - now + 999'999) / 1'000'000);
}

void Engine::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count =
        epoll_wait(poll_, events.data(), static_cast<int>(events.size()), milliseconds_to_next());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == listener_) {
        accept_all();
        continue;
      }
      const auto found = connections_.find(event.data.fd);
      if (found == connections_.end()) continue;
      const auto connection = found->second;
      if ((event.events & EPOLLOUT) != 0 && flush(*connection)) advance(connection);
      if ((event.events & ~EPOLLOUT) != 0 && connections_.contains(event.data.fd))
        on_readable(connection);
    }
    for (const std::uint64_t now = now_ns(); !due_.empty() && due_.top().at_ns <= now;) {
      const Due due = due_.top();
      due_.pop();
      const auto connection = due.connection.lock();
      if (!connection || !connections_.contains(connection->socket)) continue;
      connection->out += chunk_of(delta_event());
      if (--connection->events_left == 0) {
        append_ending(*connection);
      } else {
        due_.push({due.at_ns + connection->interval_ns, connection});
      }
      (void)flush(*connection);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  const std::string_view name = argc > 1 ? argv[1] : "--port";
  if (name == "--help" || name == "-h") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (name != "--port" || argc == 2 || argc > 3) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  if (argc == 3) port = static_cast<std::uint16_t>(number(argv[2]));
  std::signal(SIGPIPE, SIG_IGN);
  Engine engine(port);
  std::printf("%u\n", engine.port());
  std::fflush(stdout);
  engine.run();
}
