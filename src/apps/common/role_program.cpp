#include "apps/common/role_program.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

namespace cocoon::apps {

std::expected<RoleArguments, int> parse_role_arguments(const RoleProgram& program, int argc,
                                                       char** argv) {
  CLI::App app(std::string(program.summary), std::string(program.name));
  app.footer(std::string(program.manual));
  app.set_version_flag("--version", "cocoon " COCOON_VERSION);
  RoleArguments arguments;
  bool check_only = false;
  app.add_option("--config", arguments.config, "the role's configuration, a TOML file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_flag("--check", check_only,
               "read the configuration, say what is wrong with it, and stop");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? kExitOk : kExitUsage);
  }
  if (check_only) arguments.mode = RoleArguments::Mode::kCheck;
  return arguments;
}

int report_failure(const RoleProgram& program, const Error& error) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(program.name.size()), program.name.data(),
               error.message().c_str());
  return kExitFailed;
}

void survive_failing_writes() {
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

boost::asio::io_context& process_loop() {
  static auto& loop = *new boost::asio::io_context(1);
  return loop;
}

int run_to_end(boost::asio::io_context& loop, const RoleProgram& program,
               async::Task<Result<void>> body) {
  int exit_status = kExitFailed;
  const auto supervise = [](boost::asio::io_context& on, const RoleProgram& what,
                            async::Task<Result<void>> task, int& status) -> async::Task<void> {
    const Result<void> ended = co_await std::move(task);
    status = ended ? kExitOk : report_failure(what, ended.error());
    on.stop();
  };
  async::spawn(loop.get_executor(), supervise(loop, program, std::move(body), exit_status),
               [&](std::string_view what) {
                 std::fprintf(stderr, "%.*s: crashed: %.*s\n",
                              static_cast<int>(program.name.size()), program.name.data(),
                              static_cast<int>(what.size()), what.data());
                 loop.stop();
               });
  loop.run();
  return exit_status;
}

Result<std::unique_ptr<AdminServer>> AdminServer::open(const async::Executor& executor,
                                                       std::uint16_t port,
                                                       const admin::PrometheusMetrics& metrics,
                                                       std::function<admin::Health()> health) {
  std::unique_ptr<AdminServer> admin(new AdminServer(metrics, std::move(health)));
  if (port == 0) return admin;
  net::LocalServerOptions options;
  options.bind = {.host = "127.0.0.1", .port = port};
  options.connections_max = 32;
  auto server = net::LocalServer::open(executor, options, admin->handler_);
  if (!server) return std::unexpected(std::move(server).error().with_context("admin endpoint"));
  admin->server_ = std::move(server).value();
  return admin;
}

}  // namespace cocoon::apps
