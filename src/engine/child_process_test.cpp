#include "engine/child_process.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>

using namespace cocoon;
using namespace cocoon::engine;

namespace {

// Lends this process an ambient capability, as a service manager would, where it may do so.
class LentCapability {
 public:
  LentCapability() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return;
    sets[0].inheritable |= 1U << CAP_DAC_OVERRIDE;
    if (::syscall(SYS_capset, &header, sets.data()) != 0) return;
    (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0);
  }
  ~LentCapability() { (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }
  LentCapability(const LentCapability&) = delete;
  LentCapability& operator=(const LentCapability&) = delete;
};

async::Task<void> run_shell(async::Executor executor, std::string script, int* code) {
  const Command command{.program = "/bin/sh", .arguments = {"-c", script}, .environment = {}};
  const auto child = ChildProcess::start(executor, command);
  if (!child) co_return;
  const ExitStatus status = co_await (*child)->wait_end();
  *code = status.code;
}

int exit_code_of(const std::string& script) {
  boost::asio::io_context loop;
  int code = -1;
  async::spawn(loop.get_executor(), run_shell(loop.get_executor(), script, &code),
               [](std::string_view) {});
  loop.run();
  return code;
}

}  // namespace

TEST_CASE("a child has none of the ambient capabilities that its parent was lent") {
  const LentCapability lent;
  CHECK_EQ(exit_code_of("grep -q '^CapAmb:[[:space:]]*0*$' /proc/self/status"), 0);
}

TEST_CASE("a child may gain no privileges and leave no core") {
  CHECK_EQ(exit_code_of("grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status"), 0);
  CHECK_EQ(exit_code_of("test \"$(ulimit -c)\" = 0"), 0);
}
