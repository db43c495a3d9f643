#pragma once

#include <boost/asio/io_context.hpp>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "admin/admin_handler.h"
#include "async/clock.h"
#include "base/log.h"
#include "net/local_server.h"

namespace cocoon::apps {

// Exit statuses of every program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

struct RoleProgram {
  std::string_view name;     // "cocoon-worker"
  std::string_view summary;  // one sentence
  std::string_view manual;   // what --help says below the options
};

// Reads `--config FILE` (also `--check`: read the configuration and stop). Exit status if there is
// nothing to run.
struct RoleArguments {
  std::filesystem::path config;
  enum class Mode : std::uint8_t { kRun, kCheck } mode = Mode::kRun;
};
[[nodiscard]] std::expected<RoleArguments, int> parse_role_arguments(const RoleProgram& program,
                                                                     int argc, char** argv);

// Prints "name: what went wrong" and gives kExitFailed.
int report_failure(const RoleProgram& program, const Error& error);

// The program's loop. It is never destroyed: coroutines that still wait at the end refer to what
// run() owned, which is gone by then, so not even their destructors may run.
[[nodiscard]] boost::asio::io_context& process_loop();

// A pipe whose reader has gone and a file that may not grow are errors of the write that meets
// them; by default they would end the process. For every program that goes on without its log.
void survive_failing_writes();

// Runs `body` on the loop until it ends; its failure becomes the exit status. A coroutine that
// crashes on the way is logged and counted as a failure.
[[nodiscard]] int run_to_end(boost::asio::io_context& loop, const RoleProgram& program,
                             async::Task<Result<void>> body);

// What main() of a role does: `load` reads the configuration, `run` serves until a signal. Both may
// be any callables; `run` takes the loop and the configuration.
template <class Load, class Run>
int role_main(const RoleProgram& program, int argc, char** argv, Load load, Run run) {
  const auto arguments = parse_role_arguments(program, argc, argv);
  if (!arguments) return arguments.error();
  auto config = load(arguments->config);
  if (!config) return report_failure(program, config.error());
  if (arguments->mode == RoleArguments::Mode::kCheck) return kExitOk;
  survive_failing_writes();
  boost::asio::io_context& loop = process_loop();
  return run_to_end(loop, program, run(loop, std::move(*config)));
}

// The admin endpoint on 127.0.0.1, or none for port 0.
class AdminServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> open(
      const async::Executor& executor, std::uint16_t port, const admin::PrometheusMetrics& metrics,
      std::function<admin::Health()> health);

 private:
  AdminServer(const admin::PrometheusMetrics& metrics, std::function<admin::Health()> health)
      : handler_(metrics, std::move(health)) {}
  admin::AdminHandler handler_;
  std::unique_ptr<net::LocalServer> server_;
};

}  // namespace cocoon::apps
