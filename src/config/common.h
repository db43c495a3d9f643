#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/log.h"
#include "base/strong.h"
#include "config/error.h"

namespace cocoon::config {

// Where a server listens.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  auto operator<=>(const Endpoint&) const = default;
};

// True for 127.0.0.0/8, ::1 and "localhost": addresses that other machines cannot reach.
[[nodiscard]] bool is_loopback(std::string_view host);

// [registry] and [chain]. Relative paths are relative to the folder of the configuration file.
struct WorldConfig {
  // One of the two: the registry contract's address, or a file, which counts on a devnet only.
  std::string registry_address;
  std::filesystem::path registry_file;
  std::filesystem::path global_config;  // TON's: lite-servers, and the block that is trusted
  // How old the newest proven block may be before the role goes by it no more: so long an outage of
  // all lite-servers is ridden out.
  std::chrono::milliseconds head_age_max = std::chrono::minutes(15);
};

// [admin]: /metrics and /healthz, on 127.0.0.1 only.
struct AdminConfig {
  std::uint16_t port = 0;  // 0: no admin server
};

// [log]
struct LogConfig {
  LogLevel level = LogLevel::kInfo;
};

// Longest configuration file that is read.
inline constexpr std::size_t kConfigBytesMax = 256 * 1024;

}  // namespace cocoon::config
