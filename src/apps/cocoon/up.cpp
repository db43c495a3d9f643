#include "apps/cocoon/up.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "apps/cocoon/error.h"
#include "apps/cocoon/local_http.h"
#include "apps/common/role_program.h"
#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using namespace std::chrono_literals;

constexpr auto kTendInterval = 500ms;
constexpr auto kDownBy = 60s;
constexpr int kStatusOk = 200;
constexpr const char* kFactsFile = "devnet.json";
constexpr std::size_t kFactsBytesMax = 64 * 1024;
// First characters of a line that the supervisor says to the command that started it.
constexpr char kSaysStep = '.';
constexpr char kSaysReady = '+';
constexpr char kSaysError = '-';

volatile sig_atomic_t stop_requested = 0;

Json service(std::string_view name, std::uint16_t port, std::uint16_t admin_port) {
  Json out = Json::object();
  out.set("name", Json::string(name));
  if (port != 0) out.set("port", Json::number(std::uint64_t{port}));
  out.set("admin_port", Json::number(std::uint64_t{admin_port}));
  return out;
}

// Where wallets and light clients find the local TON network.
Json ton_json(const DevnetFacts& facts, const std::filesystem::path& state) {
  Json out = Json::object();
  out.set("name", Json::string("ton-devnet"));
  out.set("port", Json::number(std::uint64_t{facts.ton.http}));
  out.set("control_port", Json::number(std::uint64_t{facts.ton.control}));
  out.set("global_config", Json::string((state / "ton" / kTonConfigFile).string()));
  return out;
}

Json facts_json(const Devnet& net, const std::filesystem::path& state) {
  const DevnetFacts& facts = net.facts();
  Json out = Json::object();
  out.set("state", Json::string(state.string()));
  out.set("supervisor_pid", Json::number(std::int64_t{getpid()}));
  out.set("model", Json::string(facts.model_name));
  out.set("model_hash", Json::string(facts.model_hash.hex()));
  out.set("registry", Json::string(facts.registry));
  out.set("client", service("client", facts.client_port, facts.client_admin_port));
  Json::Array proxies;
  for (const DevnetProxy& proxy : facts.proxies) {
    Json entry = service(proxy.name, proxy.port, proxy.admin_port);
    entry.set("key", Json::string(proxy.key.hex()));
    proxies.push_back(std::move(entry));
  }
  out.set("proxies", Json::array(std::move(proxies)));
  Json::Array workers;
  for (std::size_t i = 0; i < facts.worker_admin_ports.size(); ++i) {
    workers.push_back(service(worker_name(i), 0, facts.worker_admin_ports[i]));
  }
  out.set("workers", Json::array(std::move(workers)));
  out.set("ton", ton_json(facts, state));
  Json pids = Json::object();
  for (const Process& process : net.processes())
    pids.set(process.name(), Json::number(std::int64_t{process.pid()}));
  out.set("pids", std::move(pids));
  return out;
}

// Speaks to the waiting command over a pipe that may be gone.
class Voice {
 public:
  explicit Voice(int fd) : fd_(fd) {}
  void say(char kind, std::string_view text) const {
    const std::string line = kind + std::string(text) + "\n";
    [[maybe_unused]] const auto written = write(fd_, line.data(), line.size());
  }

 private:
  int fd_;
};

// The process that stays: starts the network, keeps it up, ends it at SIGTERM.
int supervise(const DevnetOptions& options, const Voice& voice) {
  struct sigaction on_stop{};
  on_stop.sa_handler = [](int) { stop_requested = 1; };
  (void)sigaction(SIGTERM, &on_stop, nullptr);
  (void)sigaction(SIGINT, &on_stop, nullptr);
  survive_failing_writes();
  const auto tell = [&](std::string_view text) { voice.say(kSaysStep, text); };
  auto net = Devnet::lay_out(options, tell);
  Status started = net ? (*net)->start(tell) : Status(std::unexpected(net.error()));
  std::string written;
  const auto publish = [&] {
    std::string facts = codec::write_json(facts_json(**net, options.state));
    if (facts == written) return Status();
    written = std::move(facts);
    return files::replace_file(options.state / kFactsFile, as_bytes(written),
                               files::FileMode::kPrivate, files::Durability::kCached);
  };
  if (started) started = publish();
  if (!started) {
    voice.say(kSaysError, started.error().message());
    return kExitFailed;
  }
  voice.say(kSaysReady, "");
  while (stop_requested == 0) {
    std::this_thread::sleep_for(kTendInterval);
    (*net)->tend();
    (void)publish();
  }
  (*net)->stop();
  std::error_code ignored;
  std::filesystem::remove(options.state / kFactsFile, ignored);
  return kExitOk;
}

[[noreturn]] void become_supervisor(const DevnetOptions& options, int pipe) {
  (void)setsid();
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)dup2(null, fd);
  _exit(supervise(options, Voice(pipe)));
}

std::int64_t integer_of(const Json& facts, std::string_view key) {
  const Json* const member = facts.find(key);
  const auto value = member == nullptr ? Result<std::int64_t>(0) : member->as_integer();
  return value ? *value : 0;
}

pid_t supervisor_of(const Json& facts) {
  return static_cast<pid_t>(integer_of(facts, "supervisor_pid"));
}

bool is_alive(pid_t pid) { return pid > 0 && kill(pid, 0) == 0; }

// {"status":…,"reason":…} of a role's admin endpoint, as (serving, reason).
std::pair<bool, std::string> health_of(const Json& service) {
  const auto reply = ask_local(static_cast<std::uint16_t>(integer_of(service, "admin_port")), "GET",
                               "/healthz", "", 2s);
  if (!reply) return {false, "does not answer"};
  const auto body = codec::parse_json(as_text(reply->body));
  const Json* const reason = body ? body->find("reason") : nullptr;
  const std::string text =
      reason != nullptr && reason->as_string() != nullptr ? *reason->as_string() : "";
  return {reply->status == kStatusOk, text};
}

// The newest block that a role has proven, added to it: "block 48, 3 s old". Nothing before there
// is one.
std::string chain_of(Json& service) {
  const auto admin_port = static_cast<std::uint16_t>(integer_of(service, "admin_port"));
  const auto reply = ask_local(admin_port, "GET", "/metrics", "", 2s);
  if (!reply) return "";
  const auto seqno = metric_in(as_text(reply->body), "cocoon_chain_head_seqno");
  const auto made_at = metric_in(as_text(reply->body), "cocoon_chain_head_time_seconds");
  if (!seqno || !made_at || *seqno == 0) return "";
  Json chain = Json::object();
  chain.set("seqno", Json::number(*seqno));
  chain.set("generated_at", Json::number(*made_at));
  chain.set("lite_servers_live",
            Json::number(metric_in(as_text(reply->body), "cocoon_lite_servers_live").value_or(0)));
  service.set("chain", std::move(chain));
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("  block {}, {} s old", *seqno, now - static_cast<std::int64_t>(*made_at));
}

// Shows one role and adds its health and its view of the chain to it. False if it does not serve.
bool show_service(Json& service, const Terminal& terminal) {
  const auto [is_serving, reason] = health_of(service);
  service.set("serving", Json::boolean(is_serving));
  service.set("reason", Json::string(reason));
  const std::int64_t port = integer_of(service, "port");
  const std::string where = port == 0 ? "" : fmt::format("127.0.0.1:{}  ", port);
  terminal.fact(*service.find("name")->as_string(),
                where + (is_serving ? "serving" : "NOT serving: " + reason) + chain_of(service));
  return is_serving;
}

// Shows the local TON network and adds its newest block. False if it does not answer.
bool show_ton(Json& ton, const Terminal& terminal) {
  const std::string name = *ton.find("name")->as_string();
  const auto control = static_cast<std::uint16_t>(integer_of(ton, "control_port"));
  const auto reply = ask_local(control, "GET", "/status", "", 2s);
  const auto body = reply ? codec::parse_json(as_text(reply->body))
                          : Result<Json>(std::unexpected(reply.error()));
  const Json* const block = body ? body->find("masterchain") : nullptr;
  const bool is_serving = block != nullptr && reply->status == kStatusOk;
  ton.set("serving", Json::boolean(is_serving));
  std::string health = "NOT serving: does not answer";
  if (is_serving) {
    ton.set("masterchain_seqno", Json::number(integer_of(*block, "seqno")));
    health = fmt::format("block {}", integer_of(*block, "seqno"));
  }
  terminal.fact(name, fmt::format("127.0.0.1:{}  {}", integer_of(ton, "port"), health));
  return is_serving;
}

}  // namespace

Result<Json> running_network(const std::filesystem::path& state) {
  auto text = files::read_file(state / kFactsFile, kFactsBytesMax);
  if (!text) return fail(AppError::kNotRunning, "no network is running in " + state.string());
  return codec::parse_json(as_text(*text));
}

std::filesystem::path default_state() {
  if (const char* const folder = std::getenv("XDG_STATE_HOME");
      folder != nullptr && *folder == '/') {
    return std::filesystem::path(folder) / "cocoon" / "devnet";
  }
  const char* const home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "/tmp" : home) / ".local" / "state" / "cocoon" /
         "devnet";
}

int run_up(const DevnetOptions& options, Terminal& terminal) {
  if (const auto facts = running_network(options.state); facts && is_alive(supervisor_of(*facts))) {
    return report(terminal,
                  Error(AppError::kBadState, "a network is running already; see `cocoon status`"));
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return report(terminal, Error(AppError::kBadState, "no pipe to be had"));
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    become_supervisor(options, ends[1]);
  }
  close(ends[1]);
  if (child < 0) return report(terminal, Error(AppError::kBadState, "cannot start a process"));
  FILE* const lines = fdopen(ends[0], "r");
  std::string failure = "the network's supervisor died";
  bool is_ready = false;
  char* line = nullptr;
  std::size_t capacity = 0;
  for (ssize_t length = 0; !is_ready && (length = getline(&line, &capacity, lines)) > 1;) {
    const std::string_view text(line + 1, static_cast<std::size_t>(length) - 2);
    if (line[0] == kSaysStep) terminal.step(text);
    if (line[0] == kSaysReady) is_ready = true;
    if (line[0] == kSaysError) failure = text;
  }
  free(line);
  (void)fclose(lines);
  if (!is_ready) {
    (void)waitpid(child, nullptr, 0);
    return report(terminal, Error(AppError::kChildFailed, failure));
  }
  auto facts = running_network(options.state);
  if (!facts) return report(terminal, facts.error());
  const std::int64_t port = integer_of(*facts->find("client"), "port");
  terminal.done(
      fmt::format("the network is up; point any OpenAI SDK at http://127.0.0.1:{}/v1", port));
  terminal.fact("model", *facts->find("model")->as_string());
  terminal.fact("registry", *facts->find("registry")->as_string());
  terminal.fact("state", options.state.string());
  terminal.fact("end it", "cocoon down");
  terminal.json(codec::write_json(*facts));
  return kExitOk;
}

int run_status(const std::filesystem::path& state, Terminal& terminal) {
  auto facts = running_network(state);
  if (!facts) return report(terminal, facts.error());
  if (!is_alive(supervisor_of(*facts))) {
    return report(terminal,
                  Error(AppError::kNotRunning, "the network in " + state.string() + " was killed"));
  }
  terminal.headline(fmt::format("network in {}", state.string()));
  bool is_serving = show_service(*facts->find("client"), terminal);
  for (const std::string_view group : {"proxies", "workers"}) {
    for (Json& service : *facts->find(group)->as_array())
      is_serving &= show_service(service, terminal);
  }
  if (Json* const ton = facts->find("ton"); ton != nullptr) is_serving &= show_ton(*ton, terminal);
  facts->set("serving", Json::boolean(is_serving));
  terminal.json(codec::write_json(*facts));
  return is_serving ? kExitOk : kExitFailed;
}

int run_down(const std::filesystem::path& state, Terminal& terminal) {
  const auto facts = running_network(state);
  if (!facts) return report(terminal, facts.error());
  const pid_t supervisor = supervisor_of(*facts);
  if (is_alive(supervisor)) {
    terminal.step("letting requests under way finish");
    (void)kill(supervisor, SIGTERM);
  }
  for (auto waited = 0ms; waited < kDownBy; waited += 50ms) {
    if (!is_alive(supervisor)) {
      std::error_code ignored;
      std::filesystem::remove(state / kFactsFile, ignored);
      terminal.done("the network is down");
      terminal.json(R"({"down":true})");
      return kExitOk;
    }
    std::this_thread::sleep_for(50ms);
  }
  return report(terminal, Error(AppError::kTimeout, "the network did not end in time"));
}

}  // namespace cocoon::apps
