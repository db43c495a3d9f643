// cocoon-proxy: relays sealed requests to the workers that dialled it.

#include "admin/prometheus_metrics.h"
#include "apps/common/links.h"
#include "apps/common/role_program.h"
#include "apps/common/role_registry.h"
#include "config/key_file.h"
#include "config/proxy_config.h"
#include "net/listener.h"
#include "net/os_random.h"
#include "net/shutdown_signal.h"
#include "roles/proxy/service.h"
#include "store/floor_file.h"
#include "store/receipt_log_files.h"

namespace cocoon::apps {
namespace {

constexpr RoleProgram kProgram{
    .name = "cocoon-proxy",
    .summary = "Relays sealed requests to the workers that dialled it.",
    .manual =
        R"(A proxy needs no trusted hardware: it matches load and relays ciphertext. Workers dial it and serve their requests
over that connection; clients learn from it which workers there are and verify each of them on their own. Its
identity key has to be in the registry.

Status: GET /healthz and /metrics on 127.0.0.1, port [admin].port (11001).
SIGTERM lets requests under way finish.
Exit status: 0 stopped in order, 1 failed (the reason is on standard error), 2 wrong usage.)"};

net::ListenerOptions listener_options(const config::ProxyConfig& config) {
  net::ListenerOptions options;
  options.bind = {.host = config.listen.host, .port = config.listen.port};
  options.connections_max = config.connections_max;
  options.connections_per_network_max = config.connections_per_network_max;
  options.buffered_bytes_max = config.buffered_bytes_max;
  options.handshake_timeout = config.handshake_timeout;
  options.forward_limits.streams_max = config.streams_per_client_max;
  return options;
}

proxy::RelayLimits relay_limits(const config::ProxyConfig& config) {
  proxy::RelayLimits limits;
  limits.envelope_bytes_max = std::min(config.request_bytes_max, sealed::kEnvelopeBytesMax);
  limits.buffered_bytes_max = config.buffered_bytes_max;
  limits.first_frame_by = config.first_frame_timeout;
  limits.idle_max = config.idle_timeout;
  limits.in_flight_per_worker_max = config.queue_per_worker_max;
  return limits;
}

async::Task<void> report_connections(net::Listener& listener, admin::PrometheusMetrics& metrics,
                                     async::Clock& clock) {
  for (;;) {
    listener.report_to(metrics);
    co_await clock.sleep_for(std::chrono::seconds(1));
  }
}

// Tells each time this proxy turns out not to be among those that the registry lists.
async::Task<void> watch_listing(ports::Registry& registry, crypto::Ed25519PublicKey key,
                                async::Clock& clock, const Logger& log) {
  std::shared_ptr<const registry::Snapshot> seen;
  for (bool was_listed = true;;) {
    if (const auto known = registry.current(); known && *known != seen) {
      seen = *known;
      const bool is_listed = seen->proxy_by_key(key) != nullptr;
      if (was_listed && !is_listed) log.warn("proxy.not_in_registry");
      was_listed = is_listed;
    }
    co_await clock.sleep_for(std::chrono::seconds(1));
  }
}

async::Task<Result<void>> run_proxy(boost::asio::io_context& loop, config::ProxyConfig config) {
  const async::Executor executor = loop.get_executor();
  const Logger log = Logger::to_stderr(config.log.level);
  const auto clock = async::make_real_clock();
  net::OsRandom random;
  admin::PrometheusMetrics metrics;

  CO_TRY(auto seed, config::load_key_file(config.identity_key_file));
  const auto identity = std::make_shared<const crypto::Ed25519KeyPair>(
      crypto::Ed25519KeyPair::from_seed(std::move(seed)));
  const RoleChain::World world{executor, *clock, random, metrics, log};
  CO_TRY(const auto chain, RoleChain::start(world, chain_settings(config)));
  CO_TRY(const auto registry, RoleRegistry::start(world, *chain, registry_settings(config)));
  async::spawn(executor, watch_listing(registry->port(), identity->public_key(), *clock, log),
               [&log](std::string_view) { log.error("proxy.loop_crashed"); });

  CO_TRY(const auto floors, store::FloorFile::open(config.state_dir / "collateral-floors.cbor"));
  proxy::WorkerPool pool(config.workers_max,
                         {registry->port(), chain->head(), *floors, metrics, *clock, log});
  proxy::BillBook bills(config.bills_max);
  CO_TRY(const auto receipts, store::ReceiptLogFiles::open(config.state_dir / "log", identity, {}));
  proxy::Relay relay(relay_limits(config), {pool, bills, *receipts, metrics, *clock, log});
  proxy::Service service(pool, bills, *receipts, relay);
  CO_TRY(const auto listener,
         net::Listener::open(executor, listener_options(config), identity, service,
                             [&](std::shared_ptr<net::ReverseConnection> connection) {
                               pool.attach(executor, worker_link(std::move(connection)));
                             }));
  async::spawn(executor, report_connections(*listener, metrics, *clock),
               [&log](std::string_view) { log.error("proxy.loop_crashed"); });
  CO_TRY(const auto admin_server,
         AdminServer::open(executor, config.admin.port, metrics, [&]() -> admin::Health {
           if (const auto trouble = chain->trouble())
             return {admin::Health::State::kNotServing, *trouble};
           if (const auto trouble = registry->trouble())
             return {admin::Health::State::kNotServing, *trouble};
           if (pool.directory().entries.empty())
             return {admin::Health::State::kNotServing, "no worker is attached"};
           return {admin::Health::State::kServing, "serving"};
         }));
  log.info("proxy.ready", {LogField::port(listener->local().port)});

  co_await net::wait_for_shutdown_signal();
  log.info("proxy.draining");
  co_await listener->drain(clock->in(config.shutdown_grace));
  log.info("proxy.stopped");
  co_return Result<void>();
}

}  // namespace
}  // namespace cocoon::apps

int main(int argc, char** argv) {
  using namespace cocoon;
  return apps::role_main(apps::kProgram, argc, argv, config::load_proxy_config, apps::run_proxy);
}
