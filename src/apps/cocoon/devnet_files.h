#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/cocoon/ton_devnet.h"
#include "base/strong.h"
#include "crypto/keys.h"

namespace cocoon::apps {

enum class PortPlan : std::uint8_t {
  kStandard,  // 10000 client, 11000 proxy, 12000 worker status, 14000 TON; for `up`
  kFree,      // whatever is free; for `demo`, which must not disturb a network that runs
};

struct DevnetOptions {
  std::filesystem::path state;            // everything that the network writes lies in here
  std::filesystem::path programs;         // the folder of our programs and of llama-server
  std::filesystem::path model;            // file or folder; unused with engine_url
  std::optional<std::string> engine_url;  // an engine that runs already, "http://127.0.0.1:PORT"
  std::size_t workers = 1;
  std::size_t proxies = 1;
  PortPlan ports = PortPlan::kStandard;
  // What every role takes at once, for benchmarks; each role's own default otherwise.
  std::optional<std::uint32_t> requests_at_once;
};

struct DevnetProxy {
  std::string name;
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;
  crypto::Ed25519PublicKey key;
};

// What there is to know about a network that was laid out.
struct DevnetFacts {
  std::string model_name;
  ModelHash model_hash;
  std::uint16_t client_port = 0;
  std::uint16_t client_admin_port = 0;
  std::vector<DevnetProxy> proxies;
  std::vector<std::uint16_t> worker_admin_ports;
  TonDevnetPorts ton;
  std::string registry;  // the contract's raw address, once it is there
};

// tdx-sim writes this file last, when everything else of it is there.
inline constexpr const char* kSimReadyFile = "image.toml";

// "worker-1", also the name of its configuration and log.
[[nodiscard]] std::string worker_name(std::size_t index);

// Decides names, ports and keys, and hashes the model.
[[nodiscard]] Result<DevnetFacts> plan_devnet(const DevnetOptions& options);
// Writes every role's configuration into the state folder. tdx-sim and the local TON network must
// be ready, and the registry there.
[[nodiscard]] Status write_devnet_files(const DevnetOptions& options, const DevnetFacts& facts);

}  // namespace cocoon::apps
