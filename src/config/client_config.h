#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/secret.h"
#include "config/common.h"

namespace cocoon::config {

// Configuration of the client role (docs/configuration.md). Every member but `network`, `state_dir`
// and `world` has a default; unknown keys are refused by name.
struct ClientConfig {
  NetworkId network;
  std::filesystem::path state_dir;  // receipts, and what no restart may turn back
  WorldConfig world;

  // [listen]: the local OpenAI endpoint. Another host than a loopback one is refused unless
  // api_keys are set.
  Endpoint listen{"127.0.0.1", 10000};
  std::vector<SecretBytes> api_keys;  // none: no key is asked for
  std::vector<std::string>
      allowed_hosts;  // Host values; none: loopback names with the port listened on
  std::vector<std::string>
      allowed_origins;  // Origin values of web pages that may call; none: no web page may

  // [request]
  std::uint8_t candidates = 3;  // workers that each request is sealed for, 1 … 16
  std::uint32_t output_tokens_default = 1024;
  std::uint32_t output_tokens_max = 4096;            // whatever the app asked for
  std::size_t request_bytes_max = 16 * 1024 * 1024;  // of the app's HTTP body, at most 32 MiB
  NanoTon price_max;                                 // per request

  // [timeouts]
  std::chrono::milliseconds connect_timeout{5'000};       // to a proxy
  std::chrono::milliseconds first_frame_timeout{60'000};  // request sent to first frame
  std::chrono::milliseconds idle_timeout{60'000};         // between two frames
  std::chrono::milliseconds shutdown_grace{10'000};       // for requests in flight at SIGTERM

  AdminConfig admin{10001};
  LogConfig log;
};

// Reads a configuration from TOML; relative paths are taken from `base_folder`.
[[nodiscard]] Result<ClientConfig> parse_client_config(std::string_view toml,
                                                       const std::filesystem::path& base_folder);
[[nodiscard]] Result<ClientConfig> load_client_config(const std::filesystem::path& file);
// The TOML that reads as this configuration, every setting spelled out, API keys included.
[[nodiscard]] std::string write_client_config(const ClientConfig& config);

}  // namespace cocoon::config
