#include "apps/cocoon/bench_nginx.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "apps/cocoon/error.h"
#include "apps/cocoon/local_http.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kStartBy = 10s;
constexpr auto kPoll = 20ms;
constexpr int kStatusOk = 200;
constexpr std::size_t kConfigurationBytesMax = 16 * 1024;

std::optional<fs::path> find_program(std::string_view name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    fs::path candidate = fs::path(folder) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

// A port that nobody listens on now.
Result<std::uint16_t> free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  const bool bound = bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0 &&
                     getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  close(socket);
  if (!bound) return fail(AppError::kBadState, "no free port to be had");
  return ntohs(at.sin_port);
}

Status make_certificate(const fs::path& folder) {
  const auto openssl = find_program("openssl");
  if (!openssl) return fail(AppError::kBadState, "nginx needs a certificate, openssl is missing");
  TRY(Process made,
      Process::start("openssl", *openssl,
                     {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", "/CN=bench", "-keyout",
                      (folder / "key.pem").string(), "-out", (folder / "certificate.pem").string()},
                     folder / "openssl.log"));
  while (made.is_running()) std::this_thread::sleep_for(kPoll);
  if (!fs::exists(folder / "certificate.pem"))
    return fail(AppError::kChildFailed, "openssl made no certificate:" + made.last_words());
  return {};
}

std::string filled(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
      text.replace(at, name.size(), value);
  }
  return text;
}

Status wait_until_answering(std::uint16_t port, std::vector<Process>& hops) {
  const auto give_up = std::chrono::steady_clock::now() + kStartBy;
  while (std::chrono::steady_clock::now() < give_up) {
    const auto reply = ask_local(port, "GET", "/v1/models", "", 2s);
    if (reply && reply->status == kStatusOk) return {};
    for (Process& hop : hops) {
      if (!hop.is_running())
        return fail(AppError::kChildFailed, hop.name() + " stopped:" + hop.last_words());
    }
    std::this_thread::sleep_for(kPoll);
  }
  return fail(AppError::kTimeout, "the nginx chain does not answer");
}

}  // namespace

std::optional<fs::path> find_nginx(const fs::path& programs) {
  for (const fs::path& known :
       {programs.parent_path() / "tools/bin/nginx", fs::path("/usr/sbin/nginx")}) {
    if (access(known.c_str(), X_OK) == 0) return known;
  }
  return find_program("nginx");
}

Result<NginxChain> NginxChain::start(const fs::path& nginx, const fs::path& programs,
                                     const fs::path& scratch, std::uint16_t engine_port) {
  TRY_VOID(make_certificate(scratch));
  TRY(const std::uint16_t front, free_port());
  TRY(const std::uint16_t middle, free_port());
  TRY(const std::uint16_t back, free_port());
  const std::map<std::string, std::string> values = {{"@DIR@", scratch.string()},
                                                     {"@FRONT@", std::to_string(front)},
                                                     {"@MIDDLE@", std::to_string(middle)},
                                                     {"@BACK@", std::to_string(back)},
                                                     {"@ENGINE@", std::to_string(engine_port)}};
  std::vector<Process> hops;
  for (const std::string name : {"front", "middle", "back"}) {
    TRY(const Bytes pattern,
        files::read_file(programs.parent_path() / "bench/nginx" / (name + ".conf"),
                         kConfigurationBytesMax));
    const fs::path file = scratch / (name + ".conf");
    TRY_VOID(files::replace_file(file, as_bytes(filled(std::string(as_text(pattern)), values)),
                                 files::FileMode::kPrivate, files::Durability::kCached));
    TRY(Process hop, Process::start(name, nginx, {"-c", file.string(), "-p", scratch.string()},
                                    scratch / (name + ".log")));
    hops.push_back(std::move(hop));
  }
  TRY_VOID(wait_until_answering(front, hops));
  return NginxChain(front, std::move(hops));
}

}  // namespace cocoon::apps
