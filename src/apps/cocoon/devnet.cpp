#include "apps/cocoon/devnet.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "apps/cocoon/devnet_files.h"
#include "apps/cocoon/devnet_registry.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/local_http.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using namespace std::chrono_literals;

// Each of what the roles stand on: the simulated platform, the local TON.
constexpr auto kReadyBy = 60s;
// Copying and hashing the model, loading it, taking a quote, dialling, being verified.
constexpr auto kServingBy = 180s;
constexpr auto kPoll = 50ms;
constexpr auto kStopGrace = 15s;
constexpr int kStatusOk = 200;

bool is_serving(std::uint16_t admin_port) {
  const auto reply = ask_local(admin_port, "GET", "/healthz", "", 2s);
  return reply && reply->status == kStatusOk;
}

Result<TonDevnetProgram> local_ton() {
  const char* const path = std::getenv("PATH");
  auto program = find_ton_devnet(program_folder(), path == nullptr ? "" : path);
  if (program) return program;
  return std::unexpected(std::move(program).error().with_context(
      "a network on one machine brings a local TON along, which cannot run here"));
}

// On a full disk no program that is started below could say in its log what is wrong.
Status refuse_without_room(const std::filesystem::path& state) {
  constexpr std::size_t kRoomBytes = std::size_t{1024} * 1024;
  const std::filesystem::path probe = state / "room";
  const Status written = files::replace_file(probe, Bytes(kRoomBytes), files::FileMode::kPrivate,
                                             files::Durability::kCached);
  std::error_code ignored;
  std::filesystem::remove(probe, ignored);
  return written;
}

}  // namespace

Result<std::unique_ptr<Devnet>> Devnet::lay_out(const DevnetOptions& options, const Tell& tell) {
  TRY_VOID(local_ton());  // before anything that takes long
  std::unique_ptr<Devnet> net(new Devnet(options));
  std::error_code failed;
  std::filesystem::create_directories(net->in_state("logs"), failed);
  if (failed)
    return fail(AppError::kBadState,
                "cannot make " + options.state.string() + ": " + failed.message());
  std::filesystem::permissions(options.state, std::filesystem::perms::owner_all, failed);
  TRY_VOID(refuse_without_room(options.state));
  tell("simulating a confidential-computing platform");
  TRY_VOID(net->start_platform());
  tell("hashing the model for the registry");
  TRY(net->facts_, plan_devnet(options));
  tell("starting a local TON network");
  TRY_VOID(net->start_ton());
  tell("putting the registry on chain");
  TRY(const ton::Address registry, found_devnet_registry(options, net->facts_));
  net->facts_.registry = ton::raw_address(registry);
  TRY_VOID(write_devnet_files(options, net->facts_));
  return net;
}

Status Devnet::start_platform() {
  const std::filesystem::path sim = in_state("tdx-sim");
  std::error_code ignored;
  std::filesystem::remove(sim / kSimReadyFile, ignored);  // an earlier run's
  TRY_VOID(launch({.name = "tdx-sim",
                   .executable = program_folder() / "tdx-sim",
                   .arguments = {"--tsm", in_state("tsm").string(), "--state", sim.string()}}));
  return wait_for_file(sim / kSimReadyFile);
}

Status Devnet::start_ton() {
  TRY(const TonDevnetProgram program, local_ton());
  const std::filesystem::path folder = in_state("ton");
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  std::filesystem::remove(folder / kTonReadyFile, failed);
  TRY_VOID(launch({.name = "ton-devnet",
                   .executable = program.node,
                   .arguments = ton_devnet_arguments(program, folder, facts_.ton)}));
  return wait_for_file(folder / kTonReadyFile);
}

Status Devnet::wait_for_file(const std::filesystem::path& file) {
  std::error_code ignored;
  for (auto waited = 0ms; waited < kReadyBy; waited += kPoll) {
    if (std::filesystem::exists(file, ignored)) return {};
    if (!processes_.back().is_running()) break;
    std::this_thread::sleep_for(kPoll);
  }
  return fail(AppError::kChildFailed,
              processes_.back().name() + " did not start:" + processes_.back().last_words());
}

Status Devnet::launch(Program program) {
  TRY(Process process, Process::start(program.name, program.executable, program.arguments,
                                      in_state("logs") / (program.name + ".log")));
  programs_.push_back(std::move(program));
  processes_.push_back(std::move(process));
  return {};
}

Status Devnet::start(const Tell& tell) {
  const auto role = [&](const std::string& name, const char* program) -> Status {
    return launch({.name = name,
                   .executable = program_folder() / program,
                   .arguments = {"--config", in_state(name + ".toml").string()}});
  };
  tell("starting proxies, workers and the client");
  for (const DevnetProxy& proxy : facts_.proxies) TRY_VOID(role(proxy.name, "cocoon-proxy"));
  for (std::size_t i = 0; i < facts_.worker_admin_ports.size(); ++i)
    TRY_VOID(role(worker_name(i), "cocoon-worker"));
  TRY_VOID(role("client", "cocoon-client"));
  return wait_until_serving(tell);
}

Status Devnet::wait_until_serving(const Tell& tell) {
  const auto give_up = std::chrono::steady_clock::now() + kServingBy;
  std::vector<std::uint16_t> waiting = facts_.worker_admin_ports;
  tell("loading the model and verifying the workers' evidence");
  while (std::chrono::steady_clock::now() < give_up) {
    TRY_VOID(first_failure());
    std::erase_if(waiting, is_serving);
    if (waiting.empty() && is_serving(facts_.client_admin_port)) return {};
    std::this_thread::sleep_for(kPoll);
  }
  return fail(AppError::kTimeout,
              "the network did not come up in time; its logs are in " + in_state("logs").string());
}

Status Devnet::first_failure() {
  for (Process& process : processes_) {
    if (process.is_running()) continue;
    return fail(AppError::kChildFailed, process.name() + " stopped:" + process.last_words());
  }
  return {};
}

void Devnet::tend() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (processes_[i].is_running()) continue;
    auto again = Process::start(programs_[i].name, programs_[i].executable, programs_[i].arguments,
                                in_state("logs") / (programs_[i].name + ".log"));
    if (again) processes_[i] = std::move(again).value();
  }
}

void Devnet::stop() {
  // The client first, so that nobody asks a network that is going away; the platform last.
  while (!processes_.empty()) {
    processes_.back().stop(kStopGrace);
    processes_.pop_back();
    programs_.pop_back();
  }
}

}  // namespace cocoon::apps
