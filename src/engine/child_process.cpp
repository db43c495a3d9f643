#include "engine/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <climits>
#include <csignal>
#include <optional>
#include <system_error>

#include "ports/engine.h"

// glibc 2.36 declares these without saying that they are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace cocoon::engine {

using ports::EngineError;

namespace {

std::unexpected<Error> cannot(std::string_view doing, int error_number) {
  return fail(EngineError::kDown, "engine: " + std::string(doing) + ": " +
                                      std::generic_category().message(error_number));
}

// What execve wants; built before fork, since a forked child of a threaded process may not
// allocate.
class Pointers {
 public:
  explicit Pointers(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  Pointers(const Pointers&) = delete;
  Pointers& operator=(const Pointers&) = delete;
  [[nodiscard]] char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

// Everything between fork and execve; calls nothing but async-signal-safe functions. Returns the
// errno of what failed.
int become(const char* program, char* const* arguments, char* const* environment, pid_t parent) {
  if (::setsid() < 0) return errno;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (::getppid() != parent) return ESRCH;  // the parent died before the line above
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  // What the service manager lent us, to ask for quotes, is not the child's.
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return errno;
  ::umask(0077);
  if (::chdir("/") != 0) return errno;
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return errno;
  for (int stream = 0; stream <= 2; ++stream) {
    if (::dup2(null, stream) < 0) return errno;
  }
  if (::close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0) return errno;
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t nothing;
  ::sigemptyset(&nothing);
  ::sigprocmask(SIG_SETMASK, &nothing, nullptr);
  ::execve(program, arguments, environment);
  return errno;
}

// The errno that the child reports through the pipe, or 0 once execve has closed it.
int read_failure(int pipe) {
  int failure = 0;
  for (;;) {
    const ssize_t count = ::read(pipe, &failure, sizeof(failure));
    if (count < 0 && errno == EINTR) continue;
    return count == static_cast<ssize_t>(sizeof(failure)) ? failure : 0;
  }
}

Result<pid_t> fork_and_become(const Command& command) {
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  const Pointers arguments(std::move(words));
  const Pointers environment(command.environment);
  const std::string program = command.program.string();

  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return cannot("making a pipe", errno);
  const pid_t parent = ::getpid();
  // No handler of ours may run in the child.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int fork_failure = errno;
  if (pid == 0) {
    const int failure = become(program.c_str(), arguments.get(), environment.get(), parent);
    (void)!::write(pipe[1], &failure, sizeof(failure));
    ::_exit(127);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(pipe[1]);
  const int failure = pid < 0 ? fork_failure : read_failure(pipe[0]);
  ::close(pipe[0]);
  if (pid > 0 && failure != 0) ::waitpid(pid, nullptr, 0);
  if (failure != 0) return cannot("starting " + program, failure);
  return pid;
}

}  // namespace

struct ChildProcess::State {
  State(const async::Executor& executor, pid_t child, int descriptor)
      : pid(child), watch(executor, descriptor) {}

  // Collects the child, which has ended or has just been killed, after ending whatever it left in
  // its group.
  void reap() {
    ::kill(-pid, SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
    ExitStatus status;
    (info.si_code == CLD_EXITED ? status.code : status.signal) = info.si_status;
    ended = status;
  }

  pid_t pid;
  boost::asio::posix::stream_descriptor watch;  // a pidfd: readable once the child has ended
  std::optional<ExitStatus> ended;
};

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const async::Executor& executor,
                                                          const Command& command) {
  TRY(const pid_t pid, fork_and_become(command));
  const int descriptor = ::pidfd_open(pid, 0);
  if (descriptor < 0) {
    const int failure = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return cannot("watching the child", failure);
  }
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(std::make_unique<State>(executor, pid, descriptor)));
}

ChildProcess::ChildProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  if (state_->ended) return;
  signal(SIGKILL);
  state_->reap();
}

int ChildProcess::pid() const { return state_->pid; }
bool ChildProcess::has_ended() const { return state_->ended.has_value(); }

void ChildProcess::signal(int number) {
  if (!state_->ended) ::pidfd_send_signal(state_->watch.native_handle(), number, nullptr, 0);
}

async::Task<ExitStatus> ChildProcess::wait_end() {
  using boost::asio::posix::stream_descriptor;
  while (!state_->ended) {
    const auto [error] = co_await state_->watch.async_wait(
        stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error == boost::asio::error::operation_aborted) throw boost::system::system_error(error);
    siginfo_t info{};
    const bool over =
        ::waitid(P_PID, static_cast<id_t>(state_->pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0;
    if (over) state_->reap();
  }
  co_return state_->ended.value_or(ExitStatus{});
}

}  // namespace cocoon::engine
