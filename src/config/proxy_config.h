#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/common.h"

namespace cocoon::config {

// Configuration of the proxy role (docs/configuration.md). `network`, `identity_key_file`,
// `state_dir` and `world` have no default; unknown keys are refused by name.
struct ProxyConfig {
  NetworkId network;
  std::filesystem::path identity_key_file;  // see key_file.h
  std::filesystem::path state_dir;          // what no restart may turn back
  WorldConfig world;

  Endpoint listen{"127.0.0.1", 11000};  // [listen]

  // [limits]
  std::uint32_t workers_max = 1'000;
  std::uint32_t connections_max = 2'000;            // clients and workers together
  std::uint32_t connections_per_network_max = 500;  // of one IPv4 address or IPv6 /64
  std::uint32_t streams_per_client_max = 100;
  std::uint32_t queue_per_worker_max = 16;  // requests sent to one worker and not yet answered
  std::size_t request_bytes_max = 48 * 1024 * 1024;  // of one sealed request
  // Held for all requests together, and once more for what connections have not passed on yet.
  std::size_t buffered_bytes_max = 64 * 1024 * 1024;
  std::uint32_t bills_max = 100'000;  // kept by request id, oldest dropped first

  // [timeouts]
  std::chrono::milliseconds handshake_timeout{5'000};
  std::chrono::milliseconds first_frame_timeout{60'000};
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds shutdown_grace{10'000};

  AdminConfig admin{11001};
  LogConfig log;
};

// Reads a configuration from TOML; relative paths are taken from `base_folder`.
[[nodiscard]] Result<ProxyConfig> parse_proxy_config(std::string_view toml,
                                                     const std::filesystem::path& base_folder);
[[nodiscard]] Result<ProxyConfig> load_proxy_config(const std::filesystem::path& file);
// The TOML that reads as this configuration, every setting spelled out.
[[nodiscard]] std::string write_proxy_config(const ProxyConfig& config);

}  // namespace cocoon::config
