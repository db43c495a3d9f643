#include "apps/cocoon/devnet_files.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "apps/cocoon/error.h"
#include "apps/cocoon/key_identity.h"
#include "apps/cocoon/local_http.h"
#include "apps/cocoon/worker_setup.h"
#include "base/log.h"
#include "codec/json.h"
#include "config/client_config.h"
#include "config/proxy_config.h"
#include "crypto/hash.h"
#include "engine/model_files.h"
#include "files/small_files.h"
#include "net/endpoint.h"

namespace cocoon::apps {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kClientPort = 10000;
constexpr std::uint16_t kProxyPort = 11000;
constexpr std::uint16_t kWorkerStatusPort = 12000;
constexpr std::uint16_t kTonPort = 14000;
// Second and further proxies leave room for the first one's admin port.
constexpr std::uint16_t kProxyPortStep = 10;

// Ports that nobody listens on now. They are held until all are chosen, so that they differ.
class PortChooser {
 public:
  explicit PortChooser(PortPlan plan) : plan_(plan) {}
  PortChooser(const PortChooser&) = delete;
  PortChooser& operator=(const PortChooser&) = delete;
  ~PortChooser() {
    for (const int socket : held_) close(socket);
  }

  [[nodiscard]] Result<std::uint16_t> choose(std::uint16_t standard) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return fail(AppError::kBadState, "no socket to be had");
    held_.push_back(socket);
    const int yes = 1;
    (void)setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(plan_ == PortPlan::kStandard ? standard : std::uint16_t{0});
    if (bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0) {
      return fail(
          AppError::kBadState,
          fmt::format("port {} of this machine is taken; is a network running already?", standard));
    }
    socklen_t size = sizeof(at);
    (void)getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
  }

 private:
  PortPlan plan_;
  std::vector<int> held_;
};

// "SmolLM2-135M-Instruct.Q4_1.gguf" and its folder are one model: the file's name without ending
// and quantisation.
std::string name_of_model(const std::filesystem::path& model) {
  std::string name = model.filename().string();
  if (name.ends_with(".gguf")) name.erase(name.size() - 5);
  const auto dot = name.rfind('.');
  if (dot != std::string::npos && dot + 1 < name.size() &&
      (name[dot + 1] == 'Q' || name[dot + 1] == 'F')) {
    name.erase(dot);
  }
  return name;
}

// The first model that a running engine offers. Its weights cannot be hashed from here; the name
// stands in for them, on the devnet only.
Status describe_external(const std::string& url, DevnetFacts& facts) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme))
    return fail(AppError::kBadInput, "--engine takes http://127.0.0.1:PORT");
  TRY(const net::Endpoint at, net::Endpoint::parse(std::string_view(url).substr(kScheme.size())));
  auto reply = ask_local(at.port, "GET", "/v1/models", "", 5s);
  if (!reply)
    return std::unexpected(
        std::move(reply).error().with_context("asking the engine for its models"));
  TRY(const codec::Json models, codec::parse_json(as_text(reply->body)));
  const codec::Json* const data = models.find("data");
  const auto* const list = data == nullptr ? nullptr : data->as_array();
  const codec::Json* const id =
      list == nullptr || list->empty() ? nullptr : list->front().find("id");
  if (id == nullptr || id->as_string() == nullptr)
    return fail(AppError::kBadInput, "the engine names no model");
  facts.model_name = *id->as_string();
  facts.model_hash =
      ModelHash(crypto::sha256({label("cocoon/1 external model"), as_bytes(facts.model_name)}));
  return {};
}

std::filesystem::path ton_config_of(const DevnetOptions& options) {
  return options.state / "ton" / kTonConfigFile;
}

config::WorldConfig world_of(const DevnetOptions& options, const DevnetFacts& facts) {
  config::WorldConfig world;
  world.registry_address = facts.registry;
  world.global_config = ton_config_of(options);
  return world;
}

std::string proxy_toml(const DevnetOptions& options, const DevnetFacts& facts,
                       const DevnetProxy& proxy) {
  config::ProxyConfig config;
  config.network = kDevnetNetworkId;
  config.identity_key_file = options.state / (proxy.name + ".key");
  config.state_dir = options.state / proxy.name;
  config.world = world_of(options, facts);
  config.listen = {"127.0.0.1", proxy.port};
  config.first_frame_timeout = 10min;
  config.streams_per_client_max = options.requests_at_once.value_or(config.streams_per_client_max);
  config.queue_per_worker_max = options.requests_at_once.value_or(config.queue_per_worker_max);
  config.admin.port = proxy.admin_port;
  return config::write_proxy_config(config);
}

std::string client_toml(const DevnetOptions& options, const DevnetFacts& facts) {
  config::ClientConfig config;
  config.network = kDevnetNetworkId;
  config.state_dir = options.state / "client";
  config.world = world_of(options, facts);
  config.listen = {"127.0.0.1", facts.client_port};
  config.first_frame_timeout = 10min;
  config.idle_timeout = 10min;
  config.admin.port = facts.client_admin_port;
  return config::write_client_config(config);
}

std::string worker_toml(const DevnetOptions& options, const DevnetFacts& facts, std::size_t index,
                        const attest::TrustedBlock& trusted) {
  const std::filesystem::path folder = options.state / worker_name(index);
  std::string toml = fmt::format("network = {}\nstate_dir = '{}'\n\n[engine]\n",
                                 kDevnetNetworkId.value(), folder.string());
  if (options.engine_url) {
    toml += fmt::format("kind = 'external'\nurl = '{}'\n", *options.engine_url);
  } else {
    toml += fmt::format("kind = 'llama-server'\nprogram = '{}'\n",
                        (options.programs / "llama-server").string());
  }
  toml += fmt::format("\n[model]\nname = '{}'\n", facts.model_name);
  if (!options.engine_url) {
    toml += fmt::format("path = '{}'\nprivate_dir = '{}'\n", options.model.string(),
                        (folder / "model").string());
  }
  if (options.requests_at_once)
    toml += fmt::format("\n[limits]\nrunning = {}\n", *options.requests_at_once);
  for (const DevnetProxy& proxy : facts.proxies) {
    toml += fmt::format("\n[[proxies]]\nhost = '127.0.0.1'\nport = {}\nkey = '{}'\n", proxy.port,
                        proxy.key.hex());
  }
  toml += fmt::format("\n[registry]\naddress = '{}'\n", facts.registry);
  toml += worker_chain_toml(ton_config_of(options), trusted);
  toml += fmt::format("\n[tee]\ntsm_path = '{}'\ncollateral_file = '{}'\n",
                      (options.state / "tsm").string(),
                      (options.state / "tdx-sim" / "collateral.json").string());
  toml += fmt::format("\n[admin]\nport = {}\n", facts.worker_admin_ports[index]);
  return toml;
}

Status make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (!failed) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  if (failed)
    return fail(AppError::kBadState, "cannot make " + folder.string() + ": " + failed.message());
  return {};
}

}  // namespace

std::string worker_name(std::size_t index) { return fmt::format("worker-{}", index + 1); }

Result<DevnetFacts> plan_devnet(const DevnetOptions& options) {
  DevnetFacts facts;
  PortChooser ports(options.ports);
  TRY(facts.client_port, ports.choose(kClientPort));
  TRY(facts.client_admin_port, ports.choose(kClientPort + 1));
  for (std::size_t i = 0; i < options.proxies; ++i) {
    const auto standard = static_cast<std::uint16_t>(kProxyPort + kProxyPortStep * i);
    DevnetProxy proxy;
    proxy.name = fmt::format("proxy-{}", i + 1);
    TRY(proxy.port, ports.choose(standard));
    TRY(proxy.admin_port, ports.choose(static_cast<std::uint16_t>(standard + 1)));
    TRY(proxy.key, key_identity(options.state / (proxy.name + ".key")));
    facts.proxies.push_back(std::move(proxy));
  }
  for (std::size_t i = 0; i < options.workers; ++i) {
    TRY(const std::uint16_t port, ports.choose(static_cast<std::uint16_t>(kWorkerStatusPort + i)));
    facts.worker_admin_ports.push_back(port);
  }
  TRY(facts.ton.http, ports.choose(kTonPort));
  TRY(facts.ton.control, ports.choose(kTonPort + 1));
  for (std::size_t i = 0; i < facts.ton.lite.size(); ++i) {
    TRY(facts.ton.lite[i], ports.choose(static_cast<std::uint16_t>(kTonPort + 2 + i)));
  }
  if (options.engine_url) {
    TRY_VOID(describe_external(*options.engine_url, facts));
    return facts;
  }
  TRY(const engine::ModelIdentity identity, engine::hash_for_registry(options.model));
  facts.model_name = name_of_model(options.model);
  facts.model_hash = identity.hash;
  return facts;
}

namespace {

Status put(const std::filesystem::path& file, std::string_view text) {
  return files::replace_file(file, as_bytes(text), files::FileMode::kPublic,
                             files::Durability::kCached);
}

}  // namespace

Status write_devnet_files(const DevnetOptions& options, const DevnetFacts& facts) {
  TRY(const attest::TrustedBlock trusted, trusted_block_of(ton_config_of(options)));
  for (const DevnetProxy& proxy : facts.proxies) {
    TRY_VOID(put(options.state / (proxy.name + ".toml"), proxy_toml(options, facts, proxy)));
  }
  for (std::size_t i = 0; i < options.workers; ++i) {
    TRY_VOID(make_folder(options.state / worker_name(i)));
    TRY_VOID(
        put(options.state / (worker_name(i) + ".toml"), worker_toml(options, facts, i, trusted)));
  }
  TRY_VOID(make_folder(options.state / "client"));
  return put(options.state / "client.toml", client_toml(options, facts));
}

}  // namespace cocoon::apps
