#include "apps/cocoon/bench_relay_lab.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <thread>

#include "apps/cocoon/error.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kEngineBy = 5s;
constexpr auto kPoll = 10ms;
// More than any benchmark has under way at once.
constexpr std::uint32_t kRequestsAtOnce = 1000;

// No request passes through the platform simulator or the chain.
bool is_on_the_way(const Process& process) {
  return process.name() != "tdx-sim" && process.name() != "ton-devnet";
}

std::vector<Way::Server> servers_of(const std::vector<Process>& processes) {
  std::vector<Way::Server> servers;
  for (const Process& process : processes) {
    if (is_on_the_way(process)) servers.push_back({process.name(), process.pid()});
  }
  return servers;
}

}  // namespace

Result<std::unique_ptr<RelayLab>> RelayLab::open(const BenchOptions& options, Terminal& terminal) {
  std::unique_ptr<RelayLab> lab(new RelayLab(options));
  std::string folder = (fs::temp_directory_path() / "cocoon-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return fail(AppError::kBadState, "cannot make a folder in " + folder);
  lab->scratch_ = folder;
  terminal.step("starting engine, nginx chain and network");
  TRY_VOID(lab->start_engine());
  lab->ways_.push_back({.name = kDirect, .port = lab->engine_port_, .servers = {}});
  TRY_VOID(lab->start_nginx(terminal));
  TRY(lab->net_, lab->network("net", 1));
  lab->ways_.push_back({.name = kCocoon,
                        .port = lab->net_->facts().client_port,
                        .servers = servers_of(lab->net_->processes())});
  return lab;
}

RelayLab::~RelayLab() {
  if (net_) net_->stop();
  nginx_.reset();
  engine_.reset();
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

const Way* RelayLab::way(std::string_view name) const {
  const auto found = std::ranges::find(ways_, name, &Way::name);
  return found == ways_.end() ? nullptr : &*found;
}

Status RelayLab::start_engine() {
  const fs::path output = scratch_ / "bench-engine.log";
  TRY(engine_,
      Process::start("bench-engine", options_.programs / "bench-engine", {"--port", "0"}, output));
  for (auto waited = 0ms; waited < kEngineBy && engine_->is_running(); waited += kPoll) {
    TRY(const Bytes text, files::read_file(output, 1024));
    const std::string_view line = as_text(text);
    if (line.ends_with('\n')) {
      (void)std::from_chars(line.data(), line.data() + line.size(), engine_port_);
      return {};
    }
    std::this_thread::sleep_for(kPoll);
  }
  return fail(AppError::kChildFailed, "bench-engine did not start:" + engine_->last_words());
}

Status RelayLab::start_nginx(Terminal& terminal) {
  const auto nginx = find_nginx(options_.programs);
  if (!nginx) {
    terminal.mend("no nginx on this machine: its figures and every ratio to them are skipped",
                  "tools/bootstrap bench");
    return {};
  }
  const fs::path folder = scratch_ / "nginx";
  std::error_code failed;
  fs::create_directories(folder, failed);
  TRY(nginx_, NginxChain::start(*nginx, options_.programs, folder, engine_port_));
  ways_.push_back({.name = kNginx, .port = nginx_->port(), .servers = servers_of(nginx_->hops())});
  return {};
}

Result<std::unique_ptr<Devnet>> RelayLab::network(std::string_view folder,
                                                  std::size_t workers) const {
  const DevnetOptions options{.state = scratch_ / folder,
                              .programs = options_.programs,
                              .model = {},
                              .engine_url = fmt::format("http://127.0.0.1:{}", engine_port_),
                              .workers = workers,
                              .proxies = 1,
                              .ports = PortPlan::kFree,
                              .requests_at_once = kRequestsAtOnce};
  const auto say_nothing = [](std::string_view) {};
  TRY(auto net, Devnet::lay_out(options, say_nothing));
  TRY_VOID(net->start(say_nothing));
  return net;
}

double own_memory_kib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  file >> size >> resident >> shared;
  if (!file || resident < shared) return 0;
  return static_cast<double>(resident - shared) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace cocoon::apps
