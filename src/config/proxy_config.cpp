#include "config/proxy_config.h"

#include "config/reading.h"

namespace cocoon::config {

using codec::TomlTable;

namespace {

Status read_limits(TomlTable& root, ProxyConfig& config) {
  TRY(TomlTable limits, root.table_or_empty("limits"));
  TRY(config.workers_max, read_count(limits, "workers", config.workers_max, {1, 100'000}));
  TRY(config.connections_max,
      read_count(limits, "connections", config.connections_max, {1, 1'000'000}));
  TRY(config.connections_per_network_max,
      read_count(limits, "connections_per_network", config.connections_per_network_max,
                 {1, 1'000'000}));
  TRY(config.streams_per_client_max,
      read_count(limits, "streams_per_client", config.streams_per_client_max, {1, 1'000}));
  TRY(config.queue_per_worker_max,
      read_count(limits, "queue_per_worker", config.queue_per_worker_max, {1, 1'000}));
  TRY(config.request_bytes_max,
      read_size(limits, "request_bytes", config.request_bytes_max, 4096, 64U << 20U));
  TRY(config.buffered_bytes_max, read_size(limits, "buffered_bytes", config.buffered_bytes_max,
                                           1U << 20U, std::size_t{64} << 30U));
  if (config.buffered_bytes_max < config.request_bytes_max) {
    return limits.refuse("buffered_bytes",
                         "under request_bytes: no request of that size would fit");
  }
  TRY(config.bills_max, read_count(limits, "bills", config.bills_max, {1, 10'000'000}));
  return limits.finish();
}

Status read_timeouts(TomlTable& root, ProxyConfig& config) {
  TRY(TomlTable timeouts, root.table_or_empty("timeouts"));
  TRY(config.handshake_timeout, read_timeout(timeouts, "handshake", config.handshake_timeout));
  TRY(config.first_frame_timeout,
      read_timeout(timeouts, "first_frame", config.first_frame_timeout));
  TRY(config.idle_timeout, read_timeout(timeouts, "idle", config.idle_timeout));
  TRY(config.shutdown_grace, read_timeout(timeouts, "shutdown", config.shutdown_grace));
  return timeouts.finish();
}

}  // namespace

Result<ProxyConfig> parse_proxy_config(std::string_view toml,
                                       const std::filesystem::path& base_folder) {
  TRY(TomlTable root, TomlTable::parse(toml, kConfigBytesMax));
  ProxyConfig config;
  TRY(config.network, read_network(root));
  TRY(config.identity_key_file, read_path(root, "identity_key_file", base_folder));
  TRY(config.state_dir, read_path(root, "state_dir", base_folder));
  TRY(config.world, read_world(root, base_folder));
  TRY(TomlTable listen, root.table_or_empty("listen"));
  TRY(config.listen, read_endpoint(listen, config.listen));
  TRY_VOID(listen.finish());
  TRY_VOID(read_limits(root, config));
  TRY_VOID(read_timeouts(root, config));
  TRY(config.admin, read_admin(root, config.admin));
  TRY(config.log, read_log(root));
  TRY_VOID(root.finish());
  return config;
}

Result<ProxyConfig> load_proxy_config(const std::filesystem::path& file) {
  TRY(const std::string text, read_config_file(file));
  auto config = parse_proxy_config(text, file.parent_path());
  if (!config) return std::unexpected(std::move(config).error().with_context(file.string()));
  return config;
}

std::string write_proxy_config(const ProxyConfig& config) {
  return write_integer("network", config.network.value()) +
         write_text("identity_key_file", config.identity_key_file.string()) +
         write_text("state_dir", config.state_dir.string()) + write_world(config.world) +
         write_endpoint(config.listen) + "\n[limits]\n" +
         write_integer("workers", config.workers_max) +
         write_integer("connections", config.connections_max) +
         write_integer("connections_per_network", config.connections_per_network_max) +
         write_integer("streams_per_client", config.streams_per_client_max) +
         write_integer("queue_per_worker", config.queue_per_worker_max) +
         write_size("request_bytes", config.request_bytes_max) +
         write_size("buffered_bytes", config.buffered_bytes_max) +
         write_integer("bills", config.bills_max) + "\n[timeouts]\n" +
         write_timeout("handshake", config.handshake_timeout) +
         write_timeout("first_frame", config.first_frame_timeout) +
         write_timeout("idle", config.idle_timeout) +
         write_timeout("shutdown", config.shutdown_grace) +
         write_admin_and_log(config.admin, config.log);
}

}  // namespace cocoon::config
