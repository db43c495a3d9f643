// cocoon: the command people type.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "apps/cocoon/commands.h"
#include "apps/common/role_program.h"

namespace cocoon::apps {
namespace {

constexpr const char* kHelp = R"(EXAMPLES
  cocoon demo                        one private answer, then everything is gone again
  cocoon up --workers 2 --proxies 2  a network that stays; then point an OpenAI SDK at http://127.0.0.1:10000/v1
  cocoon status ; cocoon down
  cocoon doctor                      what this machine can be, and what to mend
  cocoon receipts list ; cocoon receipts export ID -o answer.cocoon ; cocoon verify answer.cocoon
  cocoon worker setup                three questions, then a worker's configuration
  cocoon COMMAND --help              what one command does, with its output and exit status

EXIT STATUS
  0 done, 1 failed (the reason is on standard error), 2 wrong usage.

ENVIRONMENT
  With --json a command prints one JSON object and nothing else. NO_COLOR turns colours off.)";

int run(int argc, char** argv) {
  CLI::App app(
      "Cocoon, the Confidential Compute Open Network: AI answers that nobody but you can read.",
      "cocoon");
  app.set_version_flag("--version", "cocoon " COCOON_VERSION);
  app.footer(kHelp);
  app.require_subcommand(1);
  Commands commands(app);
  add_network_commands(commands);
  add_role_commands(commands);
  add_doctor_command(commands);
  add_attest_commands(commands);
  add_verify_command(commands);
  add_receipts_commands(commands);
  add_bench_command(commands);
  add_ton_commands(commands);
  add_ton_chain_commands(commands);
  add_wallet_commands(commands);
  add_registry_commands(commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // CLI11 says only that a command is missing, even if there was a word that is none.
    const std::vector<std::string> unknown = app.remaining(true);
    if (unknown.empty()) return app.exit(error) == 0 ? kExitOk : kExitUsage;
    (void)std::fprintf(stderr, "cocoon: there is no command '%s'; --help lists them\n",
                       unknown.front().c_str());
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return commands.run();
}

}  // namespace
}  // namespace cocoon::apps

int main(int argc, char** argv) {
  // Nothing of ours throws; out of memory, or a library on a broken terminal, might.
  try {
    return cocoon::apps::run(argc, argv);
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "cocoon: %s\n", error.what());
    return cocoon::apps::kExitFailed;
  }
}
