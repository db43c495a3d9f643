#include "apps/cocoon/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <utility>

#include "apps/cocoon/error.h"

namespace cocoon::apps {
namespace {

using namespace std::chrono_literals;

constexpr auto kPoll = 20ms;

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(char* const* argv, int log, pid_t parent) {
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
  const int null = open("/dev/null", O_RDONLY);
  (void)dup2(null, STDIN_FILENO);
  (void)dup2(log, STDOUT_FILENO);
  (void)dup2(log, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

Result<Process> Process::start(std::string name, const std::filesystem::path& program,
                               const std::vector<std::string>& arguments,
                               const std::filesystem::path& log_file) {
  if (access(program.c_str(), X_OK) != 0) {
    return fail(AppError::kChildFailed, "cannot run " + program.string() + "; build it with make");
  }
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return fail(AppError::kBadState, "cannot write " + log_file.string());
  const std::string path = program.string();
  std::vector<char*> argv;
  argv.push_back(const_cast<char*>(path.c_str()));
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(argv.data(), log, parent);
  close(log);
  if (pid < 0) return fail(AppError::kChildFailed, "cannot start " + path);
  return Process(std::move(name), pid, log_file);
}

Process::Process(Process&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      log_file_(std::move(other.log_file_)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(pid_, other.pid_);
  std::swap(log_file_, other.log_file_);
  return *this;
}

Process::~Process() { stop(0ms); }

bool Process::is_running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Process::stop(std::chrono::milliseconds grace) {
  if (!is_running()) return;
  (void)kill(pid_, SIGTERM);
  for (auto waited = 0ms; waited < grace; waited += kPoll) {
    if (!is_running()) return;
    std::this_thread::sleep_for(kPoll);
  }
  if (!is_running()) return;
  (void)kill(pid_, SIGKILL);
  int status = 0;
  (void)waitpid(pid_, &status, 0);
  pid_ = -1;
}

std::string Process::last_words() const {
  constexpr std::size_t kLinesMax = 5;
  std::ifstream file(log_file_);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > kLinesMax) lines.erase(lines.begin());
  }
  std::string words;
  for (const std::string& line : lines) words += "\n    " + line;
  return words;
}

std::filesystem::path program_folder() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path(".") : self.parent_path();
}

}  // namespace cocoon::apps
