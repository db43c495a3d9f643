// Who listens where, from /proc.

#include <algorithm>
#include <array>
#include <charconv>

#include "tee/machine_checks.h"

namespace cocoon::tee {
namespace {

struct Listener {
  std::string name;  // "cocoon-proxy"
  std::string pid;
};

// The words of a line of /proc/net/tcp.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    if (end > begin) words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Inode of the socket that listens on the port; nothing if the table has none.
std::string listening_inode(std::string_view table, std::uint16_t port) {
  constexpr std::string_view kListening = "0A";
  for (std::size_t begin = 0; begin < table.size();) {
    const std::size_t end = std::min(table.find('\n', begin), table.size());
    const auto words = words_of(table.substr(begin, end - begin));
    begin = end + 1;
    if (words.size() < 10 || words[3] != kListening) continue;
    const auto colon = words[1].rfind(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view digits = words[1].substr(colon + 1);
    std::uint16_t local = 0;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), local, 16);
    if (local == port) return std::string(words[9]);
  }
  return {};
}

// The process that has the socket open. Other users' processes are seen by root only.
std::optional<Listener> owner_of(MachineProbe& probe, const std::string& inode) {
  const std::string wanted = "socket:[" + inode + "]";
  for (const std::string& pid : probe.list("/proc")) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::filesystem::path process = std::filesystem::path("/proc") / pid;
    for (const std::string& descriptor : probe.list(process / "fd")) {
      if (probe.link(process / "fd" / descriptor) != wanted) continue;
      return Listener{std::string(trimmed(probe.read(process / "comm").value_or("a program"))),
                      pid};
    }
  }
  return std::nullopt;
}

std::optional<Listener> listener_on(MachineProbe& probe, std::uint16_t port) {
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const std::string inode = listening_inode(probe.read(table).value_or(""), port);
    if (!inode.empty()) return owner_of(probe, inode);
  }
  return std::nullopt;
}

}  // namespace

Check check_port(MachineProbe& probe, MachineRole role, std::uint16_t port) {
  const std::string number = std::to_string(port);
  const std::string use =
      role == MachineRole::kWorker ? "the worker's status" : "the " + std::string(to_text(role));
  Check check{.id = "port-" + number, .state = CheckState::kOk};
  if (probe.is_port_free(port)) {
    check.text = "port " + number + ", for " + use + ", is free";
    return check;
  }
  const auto listener = listener_on(probe, port);
  if (listener && listener->name == "cocoon-" + std::string(to_text(role))) {
    check.text =
        listener->name + " runs already, as process " + listener->pid + ", on port " + number;
    return check;
  }
  const std::string who = listener ? listener->name + " (process " + listener->pid + ")"
                                   : std::string("another program");
  check.state = CheckState::kMend;
  check.roles = {role};
  check.text = "port " + number + ", for " + use + ", is taken by " + who +
               "; stop that or give the role another port";
  check.command = "ss -ltnp 'sport = :" + number + "'";
  return check;
}

}  // namespace cocoon::tee
