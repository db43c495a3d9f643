// cocoon-worker: answers sealed requests inside a trusted execution environment.

#include <sys/prctl.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "admin/prometheus_metrics.h"
#include "apps/common/links.h"
#include "apps/common/role_program.h"
#include "apps/common/role_registry.h"
#include "apps/worker/model.h"
#include "engine/external_engine.h"
#include "engine/llama_server.h"
#include "engine/supervised_engine.h"
#include "net/http1_client.h"
#include "net/os_random.h"
#include "net/shutdown_signal.h"
#include "roles/worker/links.h"
#include "roles/worker/service.h"
#include "tee/collateral_file.h"
#include "tee/gpu_source.h"
#include "tee/tsm_quote_source.h"

namespace cocoon::apps {
namespace {

using namespace std::chrono_literals;

constexpr RoleProgram kProgram{
    .name = "cocoon-worker",
    .summary = "Answers sealed requests inside a trusted execution environment.",
    .manual =
        R"(The worker reads its configuration, whose bytes go into its evidence; copies and hashes its model and refuses one
that is not the registry's; starts its engine; takes a quote over its keys; and dials its proxies, so that it works
behind NAT. SIGTERM lets requests under way finish.

Status: GET /healthz and /metrics on 127.0.0.1, port [admin].port (12000).
Exit status: 0 stopped in order, 1 failed (the reason is on standard error), 2 wrong usage.)"};

constexpr auto kEngineReadyBy = 10min;
constexpr auto kRegistryKnownBy = 1min;
constexpr auto kDrainGrace = 30s;
constexpr auto kEvidenceRetry = 1s;
constexpr int kEvidenceTries = 60;

// Nothing of this process may reach a disk or a debugger: no core dumps, not traceable by others of
// the same user.
void close_to_debuggers() {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0);
}

// The measured bytes and what they say.
struct Configuration {
  Bytes bytes;
  attest::WorkerConfig parsed;
};

Result<Configuration> load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) return fail(attest::AttestError::kForbiddenConfig, "cannot read " + path.string());
  Configuration configuration{to_bytes(text), {}};
  TRY(configuration.parsed, attest::parse_worker_config(configuration.bytes));
  return configuration;
}

// An engine outside the TD sees prompts in the clear; verifiers refuse such a worker, and it
// refuses itself.
Status check_engine_place(const attest::WorkerConfig& config) {
  if (config.engine.kind != attest::WorkerEngineConfig::Kind::kExternal) return {};
  if (config.network == kDevnetNetworkId) return {};
  return fail(attest::AttestError::kForbiddenConfig, "an external engine is for the devnet only");
}

// The engine of the configuration, supervised or external, behind one face.
class RunningEngine {
 public:
  struct World {
    async::Executor executor;
    async::Clock& clock;
    const Logger& log;
    ports::Metrics& metrics;
  };
  [[nodiscard]] static Result<std::unique_ptr<RunningEngine>> create(
      const attest::WorkerConfig& config, const LoadedModel& model, World world) {
    std::unique_ptr<RunningEngine> running(new RunningEngine);
    if (config.engine.kind == attest::WorkerEngineConfig::Kind::kExternal) {
      constexpr std::string_view kScheme = "http://";
      TRY(const net::Endpoint at,
          net::Endpoint::parse(std::string_view(config.engine.url).substr(kScheme.size())));
      TRY(auto client, net::LoopbackHttpClient::create(world.executor, at));
      running->external_ = std::make_unique<engine::ExternalEngine>(
          engine::ExternalEngine::World{world.executor, world.clock, world.log, world.metrics},
          std::move(client));
      return running;
    }
    const std::filesystem::path socket = std::filesystem::path(config.state_dir) / "engine.sock";
    TRY(engine::Command command,
        engine::llama_server_command({.program = config.engine.program,
                                      .model = model.file,
                                      .socket = socket,
                                      .alias = config.model.name,
                                      .threads = config.engine.threads,
                                      .context_tokens = config.engine.context_tokens,
                                      .parallel = config.engine.parallel}));
    running->supervised_ = std::make_unique<engine::SupervisedEngine>(
        engine::SupervisedEngine::World{world.executor, world.clock, world.log, world.metrics},
        std::move(command), socket,
        std::make_unique<net::UnixHttpClient>(world.executor, socket.string()));
    return running;
  }

  [[nodiscard]] ports::Engine& port() {
    if (supervised_) return *supervised_;
    return *external_;
  }
  [[nodiscard]] async::Task<void> run() {
    return supervised_ ? supervised_->run() : external_->run();
  }
  [[nodiscard]] async::Task<Status> wait_ready(async::Deadline by) {
    return supervised_ ? supervised_->wait_ready(by) : external_->wait_ready(by);
  }
  [[nodiscard]] async::Task<void> stop() {
    if (supervised_) co_await supervised_->stop();
    if (external_) external_->stop();
  }

 private:
  RunningEngine() = default;
  std::unique_ptr<engine::SupervisedEngine> supervised_;
  std::unique_ptr<engine::ExternalEngine> external_;
};

// Takes the first quote; lite-servers or a quote source that are still starting get a minute.
async::Task<Status> first_evidence(worker::Keyring& keyring, async::Clock& clock,
                                   const Logger& log) {
  for (int tries_left = kEvidenceTries;; --tries_left) {
    Status taken = co_await keyring.rotate();
    if (taken || tries_left == 0) co_return taken;
    log.warn("worker.evidence_not_ready", {LogField::error(taken.error())});
    co_await clock.sleep_for(kEvidenceRetry);
  }
}

worker::AnswerSettings answer_settings(const attest::WorkerConfig& config, const ModelHash& model) {
  worker::AnswerSettings settings;
  settings.model_hash = model;
  settings.model_name = config.model.name;
  settings.output_tokens_max = config.limits.output_tokens_max;
  settings.context_tokens = config.engine.context_tokens;
  return settings;
}

worker::ServiceLimits service_limits(const attest::WorkerConfig& config) {
  worker::ServiceLimits limits;
  limits.running_max = config.limits.running;
  limits.queue_max = config.limits.queue;
  limits.request_bytes_max = std::min<std::size_t>(
      config.limits.request_bytes_max + sealed::kEnvelopeHeadBytesMax, sealed::kInferBytesMax);
  return limits;
}

std::vector<ports::Endpoint> proxies_of(const attest::WorkerConfig& config) {
  std::vector<ports::Endpoint> proxies;
  proxies.reserve(config.proxies.size());
  for (const attest::WorkerProxyConfig& proxy : config.proxies) {
    proxies.push_back({proxy.host, proxy.port, proxy.key});
  }
  return proxies;
}

// Key blocks on the way are not kept: the disk is the host's, and would lead away from the measured
// trusted block (ADR 29).
Result<std::unique_ptr<RoleChain>> follow_chain(const RoleChain::World& world,
                                                const attest::WorkerConfig& config) {
  return RoleChain::start(world, {.network = config.network,
                                  .global_config = config.chain.global_config,
                                  .trusted = config.chain.trusted,
                                  .anchor_file = {},
                                  .head_age_max = config.chain.head_age_max});
}

// Nor how new a registry was seen.
Result<std::unique_ptr<RoleRegistry>> follow_registry(const RoleChain::World& world,
                                                      RoleChain& chain,
                                                      const attest::WorkerConfig& config) {
  return RoleRegistry::start(world, chain,
                             {.network = config.network,
                              .address = config.registry_address,
                              .file = config.registry_file,
                              .floor_file = {},
                              .reading_age_max = config.chain.head_age_max});
}

admin::Health health_of(const RoleChain& chain, const RoleRegistry& registry,
                        const worker::Service& service, const worker::ProxyLinks& links) {
  if (const auto trouble = chain.trouble()) return {admin::Health::State::kNotServing, *trouble};
  if (const auto trouble = registry.trouble()) return {admin::Health::State::kNotServing, *trouble};
  if (!service.is_ready()) return {admin::Health::State::kNotServing, "the engine is not ready"};
  if (links.attached() == 0) return {admin::Health::State::kNotServing, "no proxy is linked"};
  return {admin::Health::State::kServing, "serving"};
}

// nullptr for a machine that shows no GPUs.
std::unique_ptr<tee::GpuSource> gpu_source(const attest::WorkerConfig& config,
                                           async::Clock& clock) {
  if (config.gpu_path.empty()) return nullptr;
  return std::make_unique<tee::GpuSource>(tee::TsmOptions{.path = config.gpu_path},
                                          config.gpu_golden_file, clock);
}

async::Task<Result<void>> run_worker(boost::asio::io_context& loop, Configuration configuration) {
  close_to_debuggers();
  const attest::WorkerConfig& config = configuration.parsed;
  const async::Executor executor = loop.get_executor();
  const Logger log = Logger::to_stderr(config.log_level);
  const auto clock = async::make_real_clock();
  net::OsRandom random;
  admin::PrometheusMetrics metrics;
  const auto log_crash = [&log](std::string_view) { log.error("worker.loop_crashed"); };

  CO_TRY_VOID(check_engine_place(config));
  const RoleChain::World world{executor, *clock, random, metrics, log};
  CO_TRY(const auto chain, follow_chain(world, config));
  CO_TRY(const auto registry, follow_registry(world, *chain, config));
  CO_TRY(const auto known, co_await registry->wait_known(*clock, clock->in(kRegistryKnownBy)));
  CO_TRY(const LoadedModel model, load_model(config, *known, log));
  CO_TRY(const auto running,
         RunningEngine::create(config, model, {executor, *clock, log, metrics}));
  async::spawn(executor, running->run(), log_crash);
  CO_TRY_VOID(co_await running->wait_ready(clock->in(kEngineReadyBy)));
  metrics.set(ports::Gauge::kEngineReady, 1);

  tee::TsmQuoteSource quotes({.path = config.tsm_path}, *clock);
  const auto gpus = gpu_source(config, *clock);
  worker::Service* service_of_keyring = nullptr;
  worker::Keyring keyring(
      {.network = config.network,
       .model_name = config.model.name,
       .model_hash = model.hash,
       .configuration = std::move(configuration.bytes),
       .owner_address = config.owner_address,
       .slot_id = config.slot_id},
      {registry->port(), chain->head(), quotes, random, *clock, log, gpus.get()},
      [&](std::uint32_t epoch) {
        if (service_of_keyring != nullptr) service_of_keyring->forget_epoch(epoch);
      });
  CO_TRY_VOID(co_await first_evidence(keyring, *clock, log));
  tee::CollateralFile collateral(config.collateral_file, *clock);
  worker::Service service(
      executor, answer_settings(config, model.hash), service_limits(config),
      {keyring, registry->port(), running->port(), collateral, random, metrics, *clock, log});
  service_of_keyring = &service;
  async::spawn(executor, keyring.keep_rotating(), log_crash);

  CO_TRY(auto dialer, net::Dialer::create(executor));
  // The dialer signs with the keyring's own key; the keyring outlives every connection.
  const std::shared_ptr<const crypto::Ed25519KeyPair> identity(&keyring.identity(),
                                                               [](const auto*) {});
  WorkerDialer worker_dialer(std::move(dialer), [&] {
    // While no quote can be had every key may have been wiped: the identity goes on without one.
    const auto key = keyring.newest();
    return net::DialIdentity{attest::Role::kWorker, key ? key->kid : Kid(), identity};
  });
  worker::ProxyLinks links(proxies_of(config), service,
                           {worker_dialer, random, metrics, *clock, log});
  links.start(executor);
  CO_TRY(const auto admin_server, AdminServer::open(executor, config.admin_port, metrics, [&] {
           return health_of(*chain, *registry, service, links);
         }));
  log.info("worker.ready", {LogField::model(config.model.name), LogField::port(config.admin_port)});

  co_await net::wait_for_shutdown_signal();
  log.info("worker.draining");
  service.stop_intake();
  co_await links.drain(clock->in(kDrainGrace));
  co_await running->stop();
  log.info("worker.stopped");
  co_return Result<void>();
}

}  // namespace
}  // namespace cocoon::apps

int main(int argc, char** argv) {
  using namespace cocoon;
  return apps::role_main(apps::kProgram, argc, argv, apps::load, apps::run_worker);
}
