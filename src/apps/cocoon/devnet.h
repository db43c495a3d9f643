#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cocoon/process.h"
#include "base/strong.h"
#include "crypto/keys.h"

namespace cocoon::apps {

enum class PortPlan : std::uint8_t {
  kStandard,  // 10000 client, 11000 proxy, 12000 worker status; for `up`
  kFree,      // whatever is free; for `demo`, which must not disturb a network that runs
};

struct DevnetOptions {
  std::filesystem::path state;             // everything that the network writes lies in here
  std::filesystem::path model;             // file or folder; unused with engine_url
  std::optional<std::string> engine_url;   // an engine that runs already, "http://127.0.0.1:PORT"
  std::size_t workers = 1;
  std::size_t proxies = 1;
  PortPlan ports = PortPlan::kStandard;
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
};

// The whole network on one machine: a simulated confidential-computing platform, workers, proxies, a client, under the
// reserved devnet network id. All of it are the programs that also run in earnest.
class Devnet {
 public:
  using Tell = std::function<void(std::string_view)>;

  // Lays out configuration files and keys in the state folder and starts the platform simulator.
  [[nodiscard]] static Result<std::unique_ptr<Devnet>> lay_out(const DevnetOptions& options, const Tell& tell);
  // Starts the roles and returns once the client has verified a worker.
  [[nodiscard]] Status start(const Tell& tell);
  // One turn of care: the chain's newest block is written, what died is started again.
  void tend();
  void stop();

  [[nodiscard]] const DevnetFacts& facts() const { return facts_; }
  [[nodiscard]] const std::vector<Process>& processes() const { return processes_; }

 private:
  struct Program {
    std::string name;
    std::filesystem::path executable;
    std::vector<std::string> arguments;
  };
  explicit Devnet(DevnetOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Status start_platform();
  [[nodiscard]] Status write_files();
  [[nodiscard]] Status write_chain() const;
  [[nodiscard]] Status write_worker(std::size_t index);
  [[nodiscard]] Status launch(Program program);
  [[nodiscard]] Status wait_until_serving(const Tell& tell);
  [[nodiscard]] Status first_failure();
  [[nodiscard]] std::filesystem::path in_state(std::string_view name) const { return options_.state / name; }

  DevnetOptions options_;
  DevnetFacts facts_;
  std::vector<Program> programs_;    // same order as processes_
  std::vector<Process> processes_;
};

}  // namespace cocoon::apps
