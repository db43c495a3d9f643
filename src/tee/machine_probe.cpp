#include "tee/machine_probe.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "tee/tsm_files.h"

namespace cocoon::tee {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextBytesMax = 2U << 20U;
constexpr std::chrono::seconds kProgramTimeout{10};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Reads to the end, the limit or the deadline. Nothing if reading failed or took too long.
std::optional<std::string> read_all(int fd, std::chrono::steady_clock::time_point by) {
  std::string out;
  std::array<char, 16384> piece{};
  while (out.size() < kTextBytesMax) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        by - std::chrono::steady_clock::now());
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      return std::nullopt;
    }
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    out.append(piece.data(), static_cast<std::size_t>(count));
  }
  return out;
}

// Starts the program with its output in `out` and nothing on its other streams; -1 if it cannot.
pid_t spawn_into(const std::vector<std::string>& command, int out) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) return -1;
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  if (::posix_spawnp(&pid, words.front().c_str(), &actions, nullptr, arguments.data(), environ) !=
      0) {
    pid = -1;
  }
  ::posix_spawn_file_actions_destroy(&actions);
  return pid;
}

class RealMachineProbe final : public MachineProbe {
 public:
  explicit RealMachineProbe(fs::path root) : root_(std::move(root)) {}

  std::optional<std::string> read(const fs::path& file) override {
    const Descriptor opened(::open(below(file).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (opened.get() < 0) return std::nullopt;
    return read_all(opened.get(), std::chrono::steady_clock::now() + kProgramTimeout);
  }

  Presence presence(const fs::path& path) override {
    if (::access(below(path).c_str(), R_OK) == 0) return Presence::kReadable;
    return errno == EACCES || errno == EPERM ? Presence::kDenied : Presence::kAbsent;
  }

  std::vector<std::string> list(const fs::path& folder) override {
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator at(below(folder), failed), end; !failed && at != end;
         at.increment(failed)) {
      names.push_back(at->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  std::optional<std::string> link(const fs::path& path) override {
    std::error_code failed;
    const fs::path target = fs::read_symlink(below(path), failed);
    if (failed) return std::nullopt;
    return target.string();
  }

  std::optional<std::string> tsm_provider(const fs::path& tree) override {
    const auto files = make_real_tsm_files();
    const fs::path entry = below(tree) / ("cocoon-doctor-" + std::to_string(::getpid()));
    const auto made = files->make_directory(entry);
    if (!made || !*made) return std::nullopt;
    const auto read = files->read(entry / "provider", 64);
    files->remove_entry(entry);
    const Bytes provider = read.value_or(std::nullopt).value_or(Bytes());
    if (provider.empty()) return std::nullopt;
    return std::string(as_text(provider));
  }

  std::optional<std::string> output_of(const std::vector<std::string>& command) override {
    if (!find_program(command.front())) return std::nullopt;
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::nullopt;
    pid_t pid = -1;
    std::optional<std::string> text;
    {
      const Descriptor reader(pipe[0]);
      {
        const Descriptor writer(pipe[1]);
        pid = spawn_into(command, writer.get());
      }
      if (pid < 0) return std::nullopt;
      text = read_all(reader.get(), std::chrono::steady_clock::now() + kProgramTimeout);
    }
    // Whoever has more to say than we read is not waited for either.
    if (!text || text->size() >= kTextBytesMax) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : std::nullopt;
  }

  std::optional<fs::path> find_program(const std::string& name) override {
    const char* const path = std::getenv("PATH");
    const std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
    for (std::size_t begin = 0; begin <= folders.size();) {
      const std::size_t end = std::min(folders.find(':', begin), folders.size());
      fs::path candidate = fs::path(folders.substr(begin, end - begin)) / name;
      if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
      begin = end + 1;
    }
    return std::nullopt;
  }

  std::optional<ClockState> clock() override {
    timex state{};  // modes 0: only asks
    const int answer = ::adjtimex(&state);
    if (answer < 0) return std::nullopt;
    return ClockState{.synchronised = answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0,
                      .error_max = std::chrono::microseconds(state.maxerror)};
  }

  bool is_port_free(std::uint16_t port) override {
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0;
  }

  OpenFileLimits open_file_limits() override {
    rlimit limit{};
    (void)::getrlimit(RLIMIT_NOFILE, &limit);
    return {.soft = limit.rlim_cur, .hard = limit.rlim_max};
  }

  std::optional<std::uint64_t> disk_free(const fs::path& path) override {
    fs::path at = below(path);
    std::error_code failed;
    while (!fs::exists(at, failed) && at.has_relative_path()) at = at.parent_path();
    struct statvfs space{};
    if (::statvfs(at.c_str(), &space) != 0) return std::nullopt;
    return std::uint64_t{space.f_bavail} * space.f_frsize;
  }

 private:
  [[nodiscard]] fs::path below(const fs::path& path) const { return root_ / path.relative_path(); }
  fs::path root_;
};

}  // namespace

std::unique_ptr<MachineProbe> make_real_machine_probe(std::filesystem::path root) {
  return std::make_unique<RealMachineProbe>(std::move(root));
}

}  // namespace cocoon::tee
