#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "attest/statement.h"
#include "attest/trusted_block.h"
#include "base/log_level.h"

namespace cocoon::attest {

inline constexpr std::size_t kWorkerConfigBytesMax = 32 * 1024;

// Where an image keeps its engine, measured with the rest of it, and memory for private copies. A
// network other than the devnet allows no other place: what lies elsewhere the image does not vouch
// for.
inline constexpr std::string_view kImageEngineProgram = "/opt/cocoon/llama-server";
inline constexpr std::string_view kImagePrivateFolder = "/run/cocoon/";

// How old the newest proven block may be before a role goes by it no more: so long an outage of all
// lite-servers is ridden out.
inline constexpr std::chrono::seconds kHeadAgeMaxDefault = std::chrono::minutes(15);

// A worker's configuration (docs/formats/worker-config.md). Its bytes go into the evidence, so
// everything in it is public and nothing that steers a worker exists outside of it.
struct WorkerEngineConfig {
  enum class Kind : std::uint8_t { kLlamaServer, kExternal };
  Kind kind = Kind::kLlamaServer;
  std::string program;  // kLlamaServer: the server's executable
  std::string url;      // kExternal: "http://127.0.0.1:PORT", without a path
  std::uint32_t threads = 1;
  std::uint32_t context_tokens = 4096;
  std::uint32_t parallel = 4;  // sequences at once
};

struct WorkerModelConfig {
  std::string name;         // the registry's name
  std::string path;         // kLlamaServer: file or directory
  std::string private_dir;  // where the private copy is made; empty: `path` is on dm-verity
};

struct WorkerLimitsConfig {
  std::uint32_t queue = 64;   // requests waiting
  std::uint32_t running = 4;  // requests in the engine at once
  std::uint64_t request_bytes_max = 32ULL << 20U;
  std::uint32_t output_tokens_max = 4096;
};

struct WorkerProxyConfig {
  std::string host;
  std::uint16_t port = 0;
  crypto::Ed25519PublicKey key;
};

// How the worker follows TON. Its lite-servers are read from a file that nothing measures, since
// nothing that they say is believed; the block that everything is proven from is measured here.
struct WorkerChainConfig {
  std::string global_config;  // path of TON's global.config.json
  TrustedBlock trusted;       // in the place of that file's init_block
  std::chrono::seconds head_age_max = kHeadAgeMaxDefault;
};

struct WorkerConfig {
  NetworkId network;
  std::string state_dir;
  std::string owner_address;  // empty while there is no market
  SlotId slot_id;
  WorkerEngineConfig engine;
  WorkerModelConfig model;
  WorkerLimitsConfig limits;
  std::vector<WorkerProxyConfig> proxies;
  // One of the two: the registry contract's raw address, or a file, which counts on a devnet only.
  std::string registry_address;
  std::string registry_file;
  WorkerChainConfig chain;
  std::string tsm_path = "/sys/kernel/config/tsm/report";
  // The vendor's collateral of this machine, kept fresh by whoever runs it; empty: none. Its bytes
  // need no measurement: they are signed by the vendor.
  std::string collateral_file;
  // The tree that answers for the machine's GPUs, and the golden measurements that go with their
  // evidence; both empty: a worker without GPUs.
  std::string gpu_path;
  std::string gpu_golden_file;
  std::uint16_t admin_port = 12000;  // on 127.0.0.1
  LogLevel log_level = LogLevel::kInfo;
};

// Reads the TOML by its closed schema. Everything outside of it is kForbiddenConfig, with the key
// in the text.
[[nodiscard]] Result<WorkerConfig> parse_worker_config(BytesView toml);

}  // namespace cocoon::attest
