#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/key_identity.h"
#include "apps/cocoon/process.h"
#include "apps/cocoon/worker_setup.h"

namespace cocoon::apps {
namespace {

constexpr const char* kRunHelp = R"(DESCRIPTION
  Becomes the role's program, in the foreground, with this configuration; SIGTERM lets what runs end first.
  docs/configuration.md lists every setting, and `cocoon-ROLE --help` the program's own flags.

EXIT STATUS
  that of the program: 0 after an orderly end, 1 with the reason on standard error.)";

constexpr const char* kWorkerSetupHelp = R"(DESCRIPTION
  Writes the configuration of a worker. It needs three things: the owner's TON address, the model, and the address of the
  registry contract, which is read with proofs and whose proxies the worker then dials. On a terminal it asks for those that no flag gives; elsewhere it fails and
  names the flag. The address's checksum is checked, the model is hashed and must be one that the registry lists, and
  the file is read back as the worker will read it. A file that is there stays unless --yes, or your answer, says
  otherwise. The configuration's bytes go into the worker's evidence: all of it is public.

FILES
  /etc/cocoon/worker.toml   what cocoon-worker.service reads. With --config elsewhere, the worker's state goes to
                            worker-state beside the file.

OUTPUT OF --json
  {"config": PATH, "model": NAME, "model_hash": HEX, "proxies": ["HOST:PORT"], "next": COMMAND}

EXIT STATUS
  0 written; 1 failed; 2 an argument or a file that cannot be used, or an answer that nobody was there to give.

EXAMPLE
  cocoon worker setup --owner UQ... --model /srv/models/small.gguf --registry EQ...)";

constexpr const char* kProxyKeyHelp = R"(DESCRIPTION
  A proxy's identity is an Ed25519 key. This makes its key file, mode 0600, if there is none, and prints the public key:
  64 hexadecimal digits, which the registry lists as the proxy's key. A file that others may read is refused.

EXAMPLE
  sudo -u cocoon cocoon proxy key /var/lib/cocoon-proxy/identity.key)";

// Becomes cocoon-client, cocoon-proxy or cocoon-worker.
int become(const std::string& role, const std::string& config, const Terminal& terminal) {
  const std::string program = (program_folder() / ("cocoon-" + role)).string();
  execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
  return report(terminal, Error(AppError::kChildFailed, "cannot run " + program));
}

// The group of a role's commands, with `run` in it.
CLI::App& add_role(Commands& commands, const std::string& role) {
  CLI::App& group = commands.group(role, fmt::format("the {} role", role));
  const auto config = std::make_shared<std::string>();
  commands
      .add_silent(group, "run", fmt::format("run cocoon-{} in the foreground", role), kRunHelp,
                  [role, config](Terminal& terminal) { return become(role, *config, terminal); })
      .add_option("--config", *config, "its configuration")
      ->required();
  return group;
}

void add_proxy_key(Commands& commands, CLI::App& proxy) {
  const auto file = std::make_shared<std::string>();
  commands
      .add(proxy, "key",
           "print the public key of a proxy's key file, which is made if there is none",
           kProxyKeyHelp, [file](Terminal& terminal) { return run_proxy_key(*file, terminal); })
      .add_option("FILE", *file, "the key file, identity_key_file of proxy.toml")
      ->required();
}

void add_worker_setup(Commands& commands, CLI::App& worker) {
  struct Options {
    WorkerSetup setup;
    std::string owner;
    const CLI::Option* owner_option = nullptr;
    bool is_overwriting = false;
  };
  const auto options = std::make_shared<Options>();
  // Sets up with what was given; what was not is asked for.
  const auto act = [options](Terminal& terminal) {
    options->setup.programs = program_folder();
    if (options->owner_option->count() > 0) options->setup.owner = options->owner;
    if (options->is_overwriting) options->setup.overwrite = WorkerSetup::Overwrite::kYes;
    return run_worker_setup(std::move(options->setup), terminal);
  };
  CLI::App& command =
      commands.add(worker, "setup", "write a worker's configuration; asks for what no flag gives",
                   kWorkerSetupHelp, act);
  WorkerSetup& setup = options->setup;
  options->owner_option =
      command.add_option("--owner", options->owner, "TON address that is paid; empty for none");
  command.add_option("--model", setup.model,
                     "the model, a GGUF file or the folder of one; the registry must list it");
  command.add_option("--registry", setup.registry,
                     "the registry contract's address, or a development network's file");
  command.add_option("--global-config", setup.global_config,
                     "TON's global configuration, whose init_block the worker trusts; "
                     "global.config.json beside the configuration, or the registry file, unless "
                     "given");
  command.add_option("--tsm", setup.tsm,
                     "configfs-tsm tree, where it is not the kernel's own (tdx-sim)");
  command.add_option("--collateral", setup.collateral,
                     "file of the machine vendor's collateral; collateral.json beside the "
                     "configuration unless given");
  command.add_option("--config", setup.config, "the file to write")->capture_default_str();
  command.add_flag("--yes", options->is_overwriting, "replace a file that is there");
}

}  // namespace

void add_role_commands(Commands& commands) {
  add_role(commands, "client");
  add_proxy_key(commands, add_role(commands, "proxy"));
  add_worker_setup(commands, add_role(commands, "worker"));
}

}  // namespace cocoon::apps
