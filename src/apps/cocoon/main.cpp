// cocoon: the command people type.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "apps/cocoon/demo.h"
#include "apps/cocoon/doctor.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/help.h"
#include "apps/cocoon/process.h"
#include "apps/cocoon/proxy_identity.h"
#include "apps/cocoon/terminal.h"
#include "apps/cocoon/up.h"
#include "apps/cocoon/worker_setup.h"
#include "apps/common/role_program.h"
#include "attest/inspect.h"
#include "chain/files.h"
#include "codec/json.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kInspectBytesMax = 1024 * 1024;
constexpr const char* kDefaultQuestion = "Name the capital city of France.";
constexpr const char* kDefaultModel = "SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

struct Command {
  bool json = false;
  DevnetOptions devnet;
  std::string engine_url;
  std::string ports = "standard";
  std::string question = kDefaultQuestion;
  std::string config;
  std::string file;
  WorkerSetup setup;
  std::string owner;
  bool yes = false;
};

void add_json(CLI::App* app, Command& command) {
  app->add_flag("--json", command.json, "print one JSON object and nothing else");
}

void add_state(CLI::App* app, Command& command) {
  app->add_option("--state", command.devnet.state, "folder of everything the network writes");
}

void add_network(CLI::App* app, Command& command) {
  app->add_option(
      "--engine", command.engine_url,
      "an OpenAI-compatible engine that runs already, http://127.0.0.1:PORT (devnet only)");
  app->add_option("--model", command.devnet.model,
                  "a GGUF file or its folder, for the built-in engine");
  app->add_option("--workers", command.devnet.workers, "how many workers")
      ->check(CLI::Range(1, 32));
  app->add_option("--proxies", command.devnet.proxies, "how many proxies")
      ->check(CLI::Range(1, 32));
}

// The model that `make` fetched, unless the user names one.
Status settle_network(Command& command) {
  DevnetOptions& options = command.devnet;
  options.programs = program_folder();
  if (!command.engine_url.empty()) {
    if (!command.engine_url.starts_with("http://127.0.0.1:")) {
      return fail(AppError::kBadInput, "--engine takes http://127.0.0.1:PORT");
    }
    options.engine_url = command.engine_url;
    return {};
  }
  const bool is_default = options.model.empty();
  if (is_default) options.model = program_folder().parent_path() / "models" / kDefaultModel;
  std::error_code failed;
  options.model = std::filesystem::absolute(options.model, failed);
  if (!failed && std::filesystem::exists(options.model, failed)) return {};
  return fail(
      AppError::kNoModel,
      is_default
          ? "the default model has not been fetched; run tools/fetch-model, or give --model PATH"
          : "there is no model at " + options.model.string());
}

Status settle_state(Command& command) {
  if (command.devnet.state.empty()) command.devnet.state = default_state();
  std::error_code failed;
  command.devnet.state = std::filesystem::absolute(command.devnet.state, failed);
  if (failed) return fail(AppError::kBadState, "cannot use " + command.devnet.state.string());
  return {};
}

int demo(Command& command, Terminal& terminal) {
  command.devnet.ports = PortPlan::kFree;
  if (const Status ready = settle_network(command); !ready) return report(terminal, ready.error());
  return run_demo(command.devnet, command.question, terminal);
}

int up(Command& command, Terminal& terminal) {
  command.devnet.ports = command.ports == "free" ? PortPlan::kFree : PortPlan::kStandard;
  if (const Status ready = settle_network(command); !ready) return report(terminal, ready.error());
  if (const Status ready = settle_state(command); !ready) return report(terminal, ready.error());
  return run_up(command.devnet, terminal);
}

// Becomes cocoon-client, cocoon-proxy or cocoon-worker.
int run_role(const std::string& role, const Command& command, const Terminal& terminal) {
  const std::string program = (program_folder() / ("cocoon-" + role)).string();
  execl(program.c_str(), program.c_str(), "--config", command.config.c_str(), nullptr);
  return report(terminal, Error(AppError::kChildFailed, "cannot run " + program));
}

int inspect(const Command& command, const Terminal& terminal) {
  auto bytes = chain::read_file(command.file, kInspectBytesMax);
  if (!bytes) return report(terminal, Error(AppError::kBadInput, bytes.error().message()));
  auto facts = attest::inspect_quote_json(*bytes);
  if (!facts) return report(terminal, Error(AppError::kBadInput, facts.error().message()));
  if (terminal.is_json()) {
    terminal.json(codec::write_json(*facts));
    return kExitOk;
  }
  terminal.headline("Nothing below has been verified.");
  for (const auto& [key, value] : *facts->as_object()) {
    terminal.fact(key,
                  value.as_string() != nullptr ? *value.as_string() : codec::write_json(value));
  }
  return kExitOk;
}

// Sets up a worker with what was given; what was not is asked for.
int worker_setup(Command& command, const CLI::App& parsed, Terminal& terminal) {
  command.setup.programs = program_folder();
  if (parsed.count("--owner") > 0) command.setup.owner = command.owner;
  if (command.yes) command.setup.overwrite = WorkerSetup::Overwrite::kYes;
  return run_worker_setup(std::move(command.setup), terminal);
}

struct Commands {
  CLI::App* doctor = nullptr;
  CLI::App* worker_setup = nullptr;
  CLI::App* proxy_key = nullptr;
  CLI::App* demo = nullptr;
  CLI::App* up = nullptr;
  CLI::App* status = nullptr;
  CLI::App* down = nullptr;
  CLI::App* inspect = nullptr;
  std::vector<std::pair<std::string, CLI::App*>> roles;
};

CLI::App* describe_worker_setup(CLI::App& worker, Command& command) {
  CLI::App* const app =
      worker.add_subcommand("setup", "write a worker's configuration; asks for what no flag gives");
  WorkerSetup& setup = command.setup;
  app->footer(kWorkerSetupHelp);
  app->add_option("--owner", command.owner, "TON address that is paid; empty for none");
  app->add_option("--model", setup.model,
                  "the model, a GGUF file or the folder of one; the registry must list it");
  app->add_option("--registry", setup.registry, "registry file, which names models and proxies");
  app->add_option("--chain", setup.chain,
                  "chain file; chain.toml beside the registry unless given");
  app->add_option("--tsm", setup.tsm,
                  "configfs-tsm tree, where it is not the kernel's own (tdx-sim)");
  app->add_option("--config", setup.config, "the file to write")->capture_default_str();
  app->add_flag("--yes", command.yes, "replace a file that is there");
  add_json(app, command);
  return app;
}

// The group of a role's commands, with `run` in it.
CLI::App* describe_role(CLI::App& app, Command& command, Commands& commands, const char* role) {
  CLI::App* const group = app.add_subcommand(role, fmt::format("the {} role", role));
  group->require_subcommand(1);
  CLI::App* const run =
      group->add_subcommand("run", fmt::format("run cocoon-{} in the foreground", role));
  run->add_option("--config", command.config, "its configuration")->required();
  commands.roles.emplace_back(role, run);
  return group;
}

void describe_roles(CLI::App& app, Command& command, Commands& commands) {
  describe_role(app, command, commands, "client");
  CLI::App* const proxy = describe_role(app, command, commands, "proxy");
  CLI::App* const worker = describe_role(app, command, commands, "worker");
  commands.worker_setup = describe_worker_setup(*worker, command);
  commands.proxy_key = proxy->add_subcommand(
      "key", "print the public key of a proxy's key file, which is made if there is none");
  commands.proxy_key
      ->add_option("FILE", command.file, "the key file, identity_key_file of proxy.toml")
      ->required();
  commands.proxy_key->footer(kProxyKeyHelp);
  add_json(commands.proxy_key, command);
}

Commands describe(CLI::App& app, Command& command) {
  Commands commands;
  app.set_version_flag("--version", "cocoon " COCOON_VERSION);
  app.footer(kCocoonHelp);
  app.require_subcommand(1);
  commands.demo =
      app.add_subcommand("demo", "the whole network on this machine, one real answer, then exit 0");
  add_network(commands.demo, command);
  add_state(commands.demo, command);
  commands.demo->add_option("--question", command.question, "what to ask")->capture_default_str();
  commands.up = app.add_subcommand("up", "the same network, left running");
  add_network(commands.up, command);
  add_state(commands.up, command);
  commands.up
      ->add_option("--ports", command.ports,
                   "standard: 10000 client, 11000 proxy, 12000 worker; free: any")
      ->check(CLI::IsMember({"standard", "free"}))
      ->capture_default_str();
  commands.status = app.add_subcommand("status", "how the network that `up` started is doing");
  commands.down = app.add_subcommand("down", "end the network that `up` started");
  add_state(commands.status, command);
  add_state(commands.down, command);
  for (CLI::App* const with_json : {commands.demo, commands.up, commands.status, commands.down}) {
    add_json(with_json, command);
  }
  describe_roles(app, command, commands);
  commands.doctor = app.add_subcommand(
      "doctor", "what this machine can be (worker, proxy, client) and what to mend");
  commands.doctor->footer(kDoctorHelp);
  add_json(commands.doctor, command);
  CLI::App* const attest = app.add_subcommand("attest", "evidence of confidential computing");
  attest->require_subcommand(1);
  commands.inspect = attest->add_subcommand(
      "inspect", "show what a quote or an evidence bundle says; verifies nothing");
  commands.inspect->add_option("FILE", command.file, "a TDX quote or an evidence bundle")
      ->required();
  add_json(commands.inspect, command);
  return commands;
}

int run(int argc, char** argv) {
  CLI::App app(
      "Cocoon, the Confidential Compute Open Network: AI answers that nobody but you can read.",
      "cocoon");
  Command command;
  const Commands commands = describe(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  Terminal terminal(command.json ? Terminal::Mode::kJson : Terminal::Mode::kHuman);
  if (commands.demo->parsed()) return demo(command, terminal);
  if (commands.up->parsed()) return up(command, terminal);
  if (commands.doctor->parsed()) return run_doctor(terminal);
  if (commands.worker_setup->parsed())
    return worker_setup(command, *commands.worker_setup, terminal);
  if (commands.proxy_key->parsed()) return run_proxy_key(command.file, terminal);
  if (commands.inspect->parsed()) return inspect(command, terminal);
  for (const auto& [role, parsed] : commands.roles) {
    if (parsed->parsed()) return run_role(role, command, terminal);
  }
  if (const Status ready = settle_state(command); !ready) return report(terminal, ready.error());
  if (commands.status->parsed()) return run_status(command.devnet.state, terminal);
  return run_down(command.devnet.state, terminal);
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
