#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

// What the two helpers share: loopback sockets, the monotonic clock, numbers in texts.
namespace bench {

[[noreturn]] inline void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

inline std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The number behind `key` in `text`; `otherwise` if there is no such key.
inline std::uint64_t number_behind(std::string_view text, std::string_view key,
                                   std::uint64_t otherwise) {
  const auto at = text.find(key);
  return at == std::string_view::npos ? otherwise : number(text.substr(at + key.size()));
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

inline const sockaddr* generic(const sockaddr_in& at) {
  return reinterpret_cast<const sockaddr*>(&at);
}

// From now on reads and writes return at once, and small writes leave at once.
inline void make_prompt(int socket) {
  const int yes = 1;
  (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  (void)fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

// A timestamp in an event's text: "t" and sixteen hexadecimal digits.
inline constexpr std::size_t kStampDigits = 16;
inline constexpr std::string_view kStampMark = "\"content\":\"t";

}  // namespace bench
