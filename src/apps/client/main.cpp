// cocoon-client: a local OpenAI-compatible endpoint whose answers come from verified workers,
// sealed end to end.

#include "admin/prometheus_metrics.h"
#include "apps/common/role_program.h"
#include "apps/common/role_registry.h"
#include "config/client_config.h"
#include "net/dialer.h"
#include "net/os_random.h"
#include "net/reconnecting_client.h"
#include "net/shutdown_signal.h"
#include "roles/client/endpoint.h"
#include "sealed/format/envelope.h"
#include "store/document_folder.h"
#include "store/floor_file.h"
#include "store/receipt_journal.h"

namespace cocoon::apps {
namespace {

constexpr RoleProgram kProgram{
    .name = "cocoon-client",
    .summary =
        "A local OpenAI-compatible endpoint whose answers come from verified workers, sealed end "
        "to end.",
    .manual =
        R"(Point any OpenAI SDK at http://127.0.0.1:10000/v1. Each request is sealed to a few workers whose evidence this program
has verified itself; nobody on the way can read it. Every answer carries x-cocoon-receipt, the id of a receipt that was
checked against the answer: GET /v1/receipts/{id}.

Status: GET /healthz and /metrics on 127.0.0.1, port [admin].port (10001).
SIGTERM lets requests under way finish.
Exit status: 0 stopped in order, 1 failed (the reason is on standard error), 2 wrong usage.)"};

net::LocalServerOptions server_options(const config::ClientConfig& config) {
  net::LocalServerOptions options;
  options.bind = {.host = config.listen.host, .port = config.listen.port};
  options.body_bytes_max = config.request_bytes_max;
  return options;
}

client::EndpointSettings endpoint_settings(const config::ClientConfig& config) {
  client::EndpointSettings settings;
  settings.request_bytes_max = config.request_bytes_max;
  settings.exchange.candidates = std::min<std::size_t>(config.candidates, sealed::kCandidatesMax);
  settings.exchange.output_tokens_default = config.output_tokens_default;
  settings.exchange.output_tokens_max = config.output_tokens_max;
  settings.exchange.price_max = config.price_max;
  settings.exchange.head_by = config.first_frame_timeout;
  settings.exchange.idle_max = config.idle_timeout;
  return settings;
}

async::Task<Result<void>> run_client(boost::asio::io_context& loop, config::ClientConfig config) {
  const async::Executor executor = loop.get_executor();
  const Logger log = Logger::to_stderr(config.log.level);
  const auto clock = async::make_real_clock();
  net::OsRandom random;
  admin::PrometheusMetrics metrics;

  const RoleChain::World world{executor, *clock, random, metrics, log};
  CO_TRY(const auto chain, RoleChain::start(world, chain_settings(config)));
  CO_TRY(const auto registry, RoleRegistry::start(world, *chain, registry_settings(config)));
  CO_TRY(const auto receipts, store::ReceiptJournal::open(config.state_dir / "receipts"));
  CO_TRY(const auto promised, store::ReceiptJournal::open(config.state_dir / "promises"));
  CO_TRY(const auto documents, store::DocumentFolder::open(config.state_dir / "documents"));
  client::Promises promises({*promised, metrics, *clock, log});
  client::Keepsakes kept({*receipts, *documents, promises, log});
  CO_TRY(const auto floors, store::FloorFile::open(config.state_dir / "collateral-floors.cbor"));
  CO_TRY(const auto dialer, net::Dialer::create(executor));
  client::Fleet fleet(
      [&](const ports::Endpoint& proxy) {
        return std::make_unique<net::ReconnectingClient>(
            executor, dialer,
            net::ReconnectOptions{.to = {.host = proxy.host, .port = proxy.port},
                                  .expected_proxy_key = proxy.key,
                                  .dial_timeout = config.connect_timeout});
      },
      {registry->port(), chain->head(), *floors, random, metrics, *clock, log});
  async::spawn(executor, fleet.keep_fresh(),
               [&log](std::string_view) { log.error("client.loop_crashed"); });

  async::spawn(executor, promises.keep(),
               [&log](std::string_view) { log.error("client.loop_crashed"); });

  client::Endpoint endpoint(client::Gate({.api_keys = std::move(config.api_keys),
                                          .allowed_hosts = config.allowed_hosts,
                                          .allowed_origins = config.allowed_origins,
                                          .port = config.listen.port}),
                            endpoint_settings(config),
                            {fleet, registry->port(), kept, random, metrics, *clock, log});
  CO_TRY(const auto server, net::LocalServer::open(executor, server_options(config), endpoint));
  endpoint.listens_on(server->local().port);
  CO_TRY(const auto admin_server,
         AdminServer::open(executor, config.admin.port, metrics, [&]() -> admin::Health {
           if (const auto trouble = chain->trouble())
             return {admin::Health::State::kNotServing, *trouble};
           if (const auto trouble = registry->trouble())
             return {admin::Health::State::kNotServing, *trouble};
           if (fleet.proxies_up() == 0)
             return {admin::Health::State::kNotServing, "no proxy answers"};
           if (fleet.workers_verified() == 0)
             return {admin::Health::State::kNotServing, "no worker is verified"};
           return {admin::Health::State::kServing, "serving"};
         }));
  log.info("client.ready", {LogField::port(server->local().port)});

  co_await net::wait_for_shutdown_signal();
  log.info("client.draining");
  co_await server->drain(clock->in(config.shutdown_grace));
  log.info("client.stopped");
  co_return Result<void>();
}

}  // namespace
}  // namespace cocoon::apps

int main(int argc, char** argv) {
  using namespace cocoon;
  return apps::role_main(apps::kProgram, argc, argv, config::load_client_config, apps::run_client);
}
