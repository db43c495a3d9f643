#include <filesystem>
#include <memory>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/demo.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/process.h"
#include "apps/cocoon/up.h"

namespace cocoon::apps {
namespace {

constexpr const char* kDefaultQuestion = "Name the capital city of France.";
constexpr const char* kDefaultModel = "SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

constexpr const char* kDemoHelp = R"(DESCRIPTION
  Starts a platform simulator, proxies, workers with the built-in engine, and a client, all on free loopback ports; asks
  one question at temperature 0; shows the answer, who gave it, what the proxy saw, what its bundle proves (cocoon verify),
  and that the same bundle refuses the answer with one byte changed; and ends everything again. The default model is the one that `make demo` fetched.

OUTPUT OF --json
  {"answer":…, "model":…, "model_hash":…, "worker": {"kid":…, "attestation": {…}}, "proxy_saw_bytes":…, "price_nano":…,
   "receipt_verified": true, "tamper_refused": true, "seconds":…}

EXIT STATUS
  0 an answer came, its bundle holds, and a changed byte was refused; 1 if not, with the reason on standard error; 2 wrong usage.

EXAMPLES
  cocoon demo
  cocoon demo --model /srv/models/small.gguf --question "Why is the sky blue?"
  cocoon demo --engine http://127.0.0.1:8080      around an engine that runs already)";

constexpr const char* kUpHelp = R"(DESCRIPTION
  Starts the network of `cocoon demo` and leaves it running; returns once the client serves. What dies is started again.
  Then point any OpenAI SDK at http://127.0.0.1:10000/v1. The platform is simulated: nothing here is confidential.

FILES
  $XDG_STATE_HOME/cocoon/devnet   (~/.local/state/cocoon/devnet) configurations, keys and logs, unless --state says
                                  otherwise. One folder, one network. In it registry-owner.key and
                                  registry-guardian.key are the wallets that decide what its registry holds.

EXIT STATUS
  0 it serves; 1 it does not, with the reason on standard error; 2 wrong usage.

EXAMPLES
  cocoon up --workers 2 --proxies 2
  cocoon up --engine http://127.0.0.1:8080        around an engine that runs already
  cocoon up --ports free --state /tmp/net --json  a second one beside it)";

constexpr const char* kStatusHelp = R"(DESCRIPTION
  Asks each program of the network that `cocoon up` started how it is.

EXIT STATUS
  0 everything serves; 1 something does not, or there is no network.)";

constexpr const char* kDownHelp = R"(DESCRIPTION
  Ends the network that `cocoon up` started: requests under way may finish first.

EXIT STATUS
  0 it is down; 1 there was none, or it did not end.)";

struct Network {
  DevnetOptions devnet;
  std::string engine_url;
  std::string ports = "standard";
  std::string question = kDefaultQuestion;
};

void add_state(CLI::App& command, Network& network) {
  command.add_option("--state", network.devnet.state, "folder of everything the network writes");
}

void add_shape(CLI::App& command, Network& network) {
  command.add_option(
      "--engine", network.engine_url,
      "an OpenAI-compatible engine that runs already, http://127.0.0.1:PORT (devnet only)");
  command.add_option("--model", network.devnet.model,
                     "a GGUF file or its folder, for the built-in engine");
  command.add_option("--workers", network.devnet.workers, "how many workers")
      ->check(CLI::Range(1, 32));
  command.add_option("--proxies", network.devnet.proxies, "how many proxies")
      ->check(CLI::Range(1, 32));
  add_state(command, network);
}

// The model that `make` fetched, unless the user names one.
Status settle_engine(Network& network) {
  DevnetOptions& options = network.devnet;
  options.programs = program_folder();
  if (!network.engine_url.empty()) {
    if (!network.engine_url.starts_with("http://127.0.0.1:")) {
      return fail(AppError::kBadInput, "--engine takes http://127.0.0.1:PORT");
    }
    options.engine_url = network.engine_url;
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

Status settle_state(Network& network) {
  std::filesystem::path& state = network.devnet.state;
  if (state.empty()) state = default_state();
  std::error_code failed;
  state = std::filesystem::absolute(state, failed);
  if (failed) return fail(AppError::kBadState, "cannot use " + state.string());
  return {};
}

int demo(Network& network, Terminal& terminal) {
  network.devnet.ports = PortPlan::kFree;
  if (const Status ready = settle_engine(network); !ready) return report(terminal, ready.error());
  return run_demo(network.devnet, network.question, terminal);
}

int up(Network& network, Terminal& terminal) {
  network.devnet.ports = network.ports == "free" ? PortPlan::kFree : PortPlan::kStandard;
  if (const Status ready = settle_engine(network); !ready) return report(terminal, ready.error());
  if (const Status ready = settle_state(network); !ready) return report(terminal, ready.error());
  return run_up(network.devnet, terminal);
}

// A command that acts on the network of a state folder.
void add_in_state(Commands& commands, const std::string& name, const std::string& summary,
                  const char* help, int (*act)(const std::filesystem::path&, Terminal&)) {
  const auto network = std::make_shared<Network>();
  add_state(commands.add(commands.root(), name, summary, help,
                         [network, act](Terminal& terminal) {
                           const Status ready = settle_state(*network);
                           return ready ? act(network->devnet.state, terminal)
                                        : report(terminal, ready.error());
                         }),
            *network);
}

}  // namespace

void add_network_commands(Commands& commands) {
  CLI::App& root = commands.root();
  const auto network = std::make_shared<Network>();
  CLI::App& demo_command =
      commands.add(root, "demo", "the whole network on this machine, one real answer, then exit 0",
                   kDemoHelp, [network](Terminal& terminal) { return demo(*network, terminal); });
  add_shape(demo_command, *network);
  demo_command.add_option("--question", network->question, "what to ask")->capture_default_str();
  CLI::App& up_command =
      commands.add(root, "up", "the same network, left running", kUpHelp,
                   [network](Terminal& terminal) { return up(*network, terminal); });
  add_shape(up_command, *network);
  up_command
      .add_option("--ports", network->ports,
                  "standard: 10000 client, 11000 proxy, 12000 worker; free: any")
      ->check(CLI::IsMember({"standard", "free"}))
      ->capture_default_str();
  add_in_state(commands, "status", "how the network that `up` started is doing", kStatusHelp,
               run_status);
  add_in_state(commands, "down", "end the network that `up` started", kDownHelp, run_down);
}

}  // namespace cocoon::apps
