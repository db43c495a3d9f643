// bench-load: asks one server on 127.0.0.1 over kept connections, each with one request at a time,
// and prints what it saw in its window as one JSON object: counts, latencies, and the CPU time that
// the processes of --pids spent meanwhile.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "bench/sockets.h"

namespace {

using namespace bench;

constexpr const char* kHelp =
    "bench-load --port N [--connections N] [--warm-ms N] [--window-ms N] [--chunks N --interval-us "
    "N]\n"
    "           [--pids N,N…]\n\n"
    "Without --chunks each request asks for a whole answer, with it for a stream of that many "
    "events.\n";

struct Options {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::uint64_t warm_ms = 500;
  std::uint64_t window_ms = 2000;
  std::uint64_t chunks = 0;
  std::uint64_t interval_us = 0;
  std::vector<pid_t> pids;
};

// CPU time of a process so far, user and system, all threads.
std::uint64_t cpu_ns(pid_t pid) {
  clockid_t clock = 0;
  timespec spent{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0) return 0;
  return static_cast<std::uint64_t>(spent.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(spent.tv_nsec);
}

std::vector<std::uint64_t> cpu_of(const std::vector<pid_t>& pids) {
  std::vector<std::uint64_t> spent;
  for (const pid_t pid : pids) spent.push_back(cpu_ns(pid));
  return spent;
}

std::string request_text(const Options& options) {
  std::string body =
      R"({"model":"bench","messages":[{"role":"user","content":")" + std::string(200, 'q') + "\"}]";
  if (options.chunks != 0) {
    body += R"(,"stream":true,"user":"bench chunks=)" + std::to_string(options.chunks) +
            " interval_us=" + std::to_string(options.interval_us) + "\"";
  }
  body += "}";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// What happened while the window was open.
struct Seen {
  bool is_open = false;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t events = 0;
  std::vector<std::uint64_t> answer_ns;  // request sent to answer complete
  std::vector<std::uint64_t> first_ns;   // request sent to first event
  std::vector<std::uint64_t> event_ns;   // event written by the engine to event read here
  std::string first_failure;
};

// Reads answers off one connection: head, then a body of a known length or chunks, events on the
// way.
class Answer {
 public:
  enum class Progress : std::uint8_t { kMore, kWhole, kBad };

  void begin(std::uint64_t sent_at) {
    *this = Answer();
    sent_at_ = sent_at;
  }
  Progress take(std::string_view bytes, std::uint64_t now, Seen& seen);
  [[nodiscard]] std::uint64_t sent_at() const { return sent_at_; }
  [[nodiscard]] const std::string& head() const { return head_; }

 private:
  enum class Stage : std::uint8_t { kHead, kLength, kSize, kChunk, kChunkEnd, kTrailer };
  bool take_head(std::string_view& bytes);
  Progress take_size(std::string_view& bytes);
  void take_text(std::string_view text, std::uint64_t now, Seen& seen);

  std::uint64_t sent_at_ = 0;
  Stage stage_ = Stage::kHead;
  std::string head_;
  std::string line_;   // the size line under way
  std::string event_;  // the event under way
  std::uint64_t left_ = 0;
  bool is_first_event_ = true;
};

bool Answer::take_head(std::string_view& bytes) {
  const std::size_t before = head_.size();
  head_ += bytes;
  const auto end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    bytes = {};
    return true;
  }
  bytes.remove_prefix(end + 4 - before);
  head_.resize(end + 2);
  for (char& c : head_) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const bool is_chunked = head_.find("\ntransfer-encoding: chunked") != std::string::npos;
  left_ = number_behind(head_, "\ncontent-length: ", 0);
  stage_ = is_chunked ? Stage::kSize : Stage::kLength;
  return head_.starts_with("http/1.1 200");
}

Answer::Progress Answer::take_size(std::string_view& bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c != '\n') {
      line_ += c;
      continue;
    }
    if (stage_ == Stage::kTrailer) {
      const bool is_end = line_ == "\r";
      line_.clear();
      if (is_end) return Progress::kWhole;
      continue;
    }
    left_ = 0;
    std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
    line_.clear();
    stage_ = left_ == 0 ? Stage::kTrailer : Stage::kChunk;
    if (left_ != 0) return Progress::kMore;
  }
  return Progress::kMore;
}

void Answer::take_text(std::string_view text, std::uint64_t now, Seen& seen) {
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    const bool joins = !event_.empty() && event_.back() == '\n' && text.front() == '\n';
    if (!joins && end == std::string_view::npos) {
      event_ += text;
      return;
    }
    const std::size_t length = joins ? 1 : end + 2;
    event_ += text.substr(0, length);
    text.remove_prefix(length);
    if (const auto at = event_.find(kStampMark); at != std::string::npos && seen.is_open) {
      std::uint64_t written = 0;
      const char* const digits = event_.data() + at + kStampMark.size();
      std::from_chars(digits, digits + kStampDigits, written, 16);
      ++seen.events;
      seen.event_ns.push_back(now - written);
      if (is_first_event_) seen.first_ns.push_back(now - sent_at_);
    }
    is_first_event_ = false;
    event_.clear();
  }
}

Answer::Progress Answer::take(std::string_view bytes, std::uint64_t now, Seen& seen) {
  while (!bytes.empty()) {
    if (stage_ == Stage::kHead) {
      if (!take_head(bytes)) return Progress::kBad;
      if (stage_ == Stage::kLength && left_ == 0) return Progress::kWhole;
    } else if (stage_ == Stage::kSize || stage_ == Stage::kTrailer) {
      if (take_size(bytes) == Progress::kWhole) return Progress::kWhole;
    } else if (stage_ == Stage::kChunkEnd) {
      const bool is_end = bytes.front() == '\n';
      bytes.remove_prefix(1);
      if (is_end) stage_ = Stage::kSize;
    } else {
      const std::string_view part = bytes.substr(0, left_);
      bytes.remove_prefix(part.size());
      left_ -= part.size();
      if (stage_ == Stage::kChunk) take_text(part, now, seen);
      if (left_ == 0 && stage_ == Stage::kLength) return Progress::kWhole;
      if (left_ == 0) stage_ = Stage::kChunkEnd;
    }
  }
  return Progress::kMore;
}

struct Connection {
  int socket = -1;
  Answer answer;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), request_(request_text(options_)) {}
  void run();
  void report() const;

 private:
  void open(std::size_t index);
  void ask(std::size_t index);
  void on_readable(std::size_t index);
  void fail(std::size_t index, std::string why);
  void poll_until(std::uint64_t until_ns);

  Options options_;
  std::string request_;
  int poll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections_;
  Seen seen_;
  std::vector<std::uint64_t> cpu_;
  std::uint64_t window_ns_ = 0;
};

void Load::open(std::size_t index) {
  Connection& connection = connections_[index];
  connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(options_.port);
  if (connect(connection.socket, generic(at), sizeof(at)) != 0) die("bench-load: connect");
  make_prompt(connection.socket);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) die("epoll_ctl");
  ask(index);
}

void Load::ask(std::size_t index) {
  Connection& connection = connections_[index];
  connection.answer.begin(now_ns());
  // Smaller than any socket's buffer, and the answer before it is complete.
  if (send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request_.size())) {
    die("bench-load: send");
  }
}

void Load::fail(std::size_t index, std::string why) {
  if (seen_.is_open) ++seen_.failures;
  if (seen_.first_failure.empty()) seen_.first_failure = std::move(why);
  close(connections_[index].socket);
  open(index);
}

void Load::on_readable(std::size_t index) {
  Connection& connection = connections_[index];
  std::array<char, 65536> buffer{};
  const ssize_t length = recv(connection.socket, buffer.data(), buffer.size(), 0);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) return fail(index, "connection lost");
  const std::uint64_t now = now_ns();
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(length));
  switch (connection.answer.take(bytes, now, seen_)) {
    case Answer::Progress::kMore:
      return;
    case Answer::Progress::kBad:
      return fail(index, connection.answer.head().substr(0, 40));
    case Answer::Progress::kWhole:
      break;
  }
  if (seen_.is_open) {
    ++seen_.requests;
    seen_.answer_ns.push_back(now - connection.answer.sent_at());
  }
  ask(index);
}

void Load::poll_until(std::uint64_t until_ns) {
  std::array<epoll_event, 256> events{};
  for (std::uint64_t now = now_ns(); now < until_ns; now = now_ns()) {
    const int wait = static_cast<int>((until_ns - now) / 1'000'000 + 1);
    const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), wait);
    for (int i = 0; i < count; ++i)
      on_readable(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
  }
}

void Load::run() {
  connections_.resize(options_.connections);
  for (std::size_t i = 0; i < options_.connections; ++i) open(i);
  poll_until(now_ns() + options_.warm_ms * 1'000'000);
  const std::vector<std::uint64_t> before = cpu_of(options_.pids);
  const std::uint64_t began = now_ns();
  seen_.is_open = true;
  poll_until(began + options_.window_ms * 1'000'000);
  seen_.is_open = false;
  window_ns_ = now_ns() - began;
  cpu_ = cpu_of(options_.pids);
  for (std::size_t i = 0; i < cpu_.size(); ++i) cpu_[i] -= before[i];
}

std::uint64_t quantile(std::vector<std::uint64_t> values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

void print_latency(const char* name, const std::vector<std::uint64_t>& values) {
  std::printf("\"%s_p50_ns\":%llu,\"%s_p99_ns\":%llu,", name,
              static_cast<unsigned long long>(quantile(values, 0.5)), name,
              static_cast<unsigned long long>(quantile(values, 0.99)));
}

void Load::report() const {
  std::printf("{\"window_ns\":%llu,\"requests\":%llu,\"events\":%llu,\"failures\":%llu,",
              static_cast<unsigned long long>(window_ns_),
              static_cast<unsigned long long>(seen_.requests),
              static_cast<unsigned long long>(seen_.events),
              static_cast<unsigned long long>(seen_.failures));
  print_latency("answer", seen_.answer_ns);
  print_latency("first", seen_.first_ns);
  print_latency("event", seen_.event_ns);
  std::printf("\"cpu_ns\":[");
  for (std::size_t i = 0; i < cpu_.size(); ++i)
    std::printf("%s%llu", i == 0 ? "" : ",", static_cast<unsigned long long>(cpu_[i]));
  std::printf("]}\n");
  if (!seen_.first_failure.empty())
    std::fprintf(stderr, "bench-load: first failure: %s\n", seen_.first_failure.c_str());
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "--port") options.port = static_cast<std::uint16_t>(number(value));
    if (name == "--connections") options.connections = number(value);
    if (name == "--warm-ms") options.warm_ms = number(value);
    if (name == "--window-ms") options.window_ms = number(value);
    if (name == "--chunks") options.chunks = number(value);
    if (name == "--interval-us") options.interval_us = number(value);
    for (std::string_view rest = name == "--pids" ? value : ""; !rest.empty();) {
      options.pids.push_back(static_cast<pid_t>(number(rest)));
      const auto comma = rest.find(',');
      rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  Options options = parse(argc, argv);
  if (options.port == 0) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Load load(std::move(options));
  load.run();
  load.report();
}
